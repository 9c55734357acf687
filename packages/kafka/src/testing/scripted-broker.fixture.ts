import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { configBody, metadataBody, type ScriptedTopic } from './scripted-topic.fixture.ts'
import { fetchBody, listOffsetsBody, type ScriptedLog } from './scripted-log.fixture.ts'
import { Reader, Writer } from './wire.fixture.ts'

/** One partition of a produce request, as a broker sees it. */
export interface ProducedPart {
  readonly topic: string
  readonly partition: number
  readonly records: number
  /** Of the record batch. */
  readonly bytes: number
  /** As its attributes say; 0: none. */
  readonly codec: number
}

/** What a broker answers for a partition, by its error code; one it leaves out is not in the answer. */
export type Answer = ReadonlyMap<ProducedPart, number> | 'hang' | 'close'

export interface ScriptedBroker extends AsyncDisposable, ScriptedTopic {
  readonly url: string
  /** Every produce request so far. */
  readonly requests: readonly (readonly ProducedPart[])[]
  /** Decides every produce request. @default acknowledges everything */
  answer: (parts: readonly ProducedPart[]) => Answer
  /** Asks its client to wait so long, in every answer. */
  throttleMs: number
  /** What it says of partition 0 to those who read. */
  log: ScriptedLog
}

/** Everybody is acknowledged. */
export const acknowledged = (parts: readonly ProducedPart[]): Answer =>
  new Map(parts.map((part) => [part, 0]))

interface Script {
  readonly topic: string
  readonly produceVersions: { readonly min: number; readonly max: number }
  /** From 8 on it also says what may be done with its topic. @default 1 */
  readonly metadataVersion?: number
}

const API = { produce: 0, fetch: 1, offsets: 2, metadata: 3, versions: 18, configs: 32 }

/**
 * Brokers that speak just enough of Kafka's protocol for a producer, and answer what a test wants: what a
 * real broker says only in a rare moment.
 */
export async function startScriptedBrokers(count: number, script: Script) {
  const brokers: ReturnType<typeof createBroker>[] = []
  for (let nodeId = 1; nodeId <= count; nodeId++) {
    const broker = createBroker(script, () => brokers)
    await broker.listen()
    brokers.push(broker)
  }
  return brokers as readonly ScriptedBroker[]
}

function createBroker(script: Script, cluster: () => readonly ScriptedBroker[]) {
  const requests: (readonly ProducedPart[])[] = []
  const sockets = new Set<Socket>()
  let nextOffset = 0

  const respond = (socket: Socket, request: Reader): void => {
    const apiKey = request.int16()
    const version = request.int16()
    const correlationId = request.int32()
    request.text() // client id
    const reply = (body: Buffer): void => {
      const head = Buffer.alloc(8)
      head.writeInt32BE(4 + body.length, 0)
      head.writeInt32BE(correlationId, 4)
      socket.write(Buffer.concat([head, body]))
    }
    if (apiKey === API.versions) return reply(versionsBody(script))
    if (apiKey === API.metadata) return reply(metadataBody(version, cluster(), broker))
    if (apiKey === API.configs) return reply(configBody(broker))
    if (apiKey === API.offsets) return reply(listOffsetsBody(broker, request))
    if (apiKey === API.fetch) return reply(fetchBody(broker))
    const parts = readProduce(request, version)
    requests.push(parts)
    const answer = broker.answer(parts)
    if (answer === 'close') socket.destroy()
    else if (answer !== 'hang') reply(produceBody(answer, version))
  }

  const produceBody = (answer: ReadonlyMap<ProducedPart, number>, version: number): Buffer => {
    const write = new Writer()
    write.array([...answer], ([{ topic, partition, records }, errorCode]) => {
      write.text(topic).int32(1).int32(partition).int16(errorCode).int64(nextOffset).int64(-1)
      if (version >= 5) write.int64(0)
      nextOffset += records
    })
    return write.int32(broker.throttleMs).bytes()
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    let unread = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk) => {
      unread = Buffer.concat([unread, chunk])
      while (unread.length >= 4 && unread.length >= 4 + unread.readInt32BE(0)) {
        const end = 4 + unread.readInt32BE(0)
        const request = new Reader(unread.subarray(4, end))
        unread = unread.subarray(end)
        respond(socket, request)
      }
    })
  })

  const broker = {
    get url() {
      return `127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on a port
    },
    requests,
    answer: acknowledged,
    throttleMs: 0,
    log: { earliest: 0, latest: 0, highWatermark: 0 } as ScriptedLog,
    topic: script.topic,
    leaders: [1, 1] as readonly number[],
    mayWrite: true,
    maxMessageBytes: null as number | null,
    listen: async () => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
  return broker
}

function versionsBody({ produceVersions: { min, max }, metadataVersion = 1 }: Script): Buffer {
  const write = new Writer().int16(0)
  const versions = [
    [API.produce, min, max],
    [API.fetch, 11, 11],
    [API.offsets, 3, 3],
    [API.metadata, 0, metadataVersion],
    [API.configs, 0, 2],
    [API.versions, 0, 2],
  ] as const
  write.array(versions, (entry) => entry.forEach((each) => write.int16(each)))
  return write.int32(0).bytes()
}

function readProduce(request: Reader, version: number): readonly ProducedPart[] {
  if (version >= 3) request.text() // transaction
  request.int16() // acks
  request.int32() // time-out
  return request
    .array(() => {
      const topic = request.text()
      return request.array(() => {
        const partition = request.int32()
        const batch = request.take(request.int32())
        const records = version >= 3 ? batch.readInt32BE(57) : 1
        const codec = version >= 3 ? (batch[22] ?? 0) & 7 : 0
        return { topic, partition, records, bytes: batch.length, codec }
      })
    })
    .flat()
}
