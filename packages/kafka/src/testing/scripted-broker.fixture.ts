import type { Socket } from 'node:net'
import { createFramedServer, reply } from './framed-server.fixture.ts'
import { configBody, metadataBody, type ScriptedTopic } from './scripted-topic.fixture.ts'
import { fetchBody, listOffsetsBody, type ScriptedLog } from './scripted-log.fixture.ts'
import { type Reader, Writer } from './wire.fixture.ts'

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
export type Answer = ReadonlyMap<ProducedPart, number> | 'hang' | 'close' | 'cut'

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
  /** Nothing comes any more over the connections that are open now, and nobody is told. */
  forgetConnections(): void
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
  const known = new Set<Socket>()
  const forgotten = new WeakSet<Socket>()
  let nextOffset = 0

  const respond = (socket: Socket, request: Reader): void => {
    known.add(socket)
    if (forgotten.has(socket)) return
    const apiKey = request.int16()
    const version = request.int16()
    const correlationId = request.int32()
    request.text() // client id
    const answerWith = (body: Buffer): void => reply(socket, correlationId, body)
    if (apiKey === API.versions) return answerWith(versionsBody(script))
    if (apiKey === API.metadata) return answerWith(metadataBody(version, cluster(), broker))
    if (apiKey === API.configs) return answerWith(configBody(broker))
    if (apiKey === API.offsets) return answerWith(listOffsetsBody(broker, request))
    if (apiKey === API.fetch) return answerWith(fetchBody(broker))
    const parts = readProduce(request, version)
    requests.push(parts)
    const answer = broker.answer(parts)
    if (answer === 'close') socket.destroy()
    else if (answer === 'cut') cut(socket)
    else if (answer !== 'hang') answerWith(produceBody(answer, version))
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

  const server = createFramedServer((socket) => (request) => respond(socket, request))

  const broker = {
    get url() {
      return `127.0.0.1:${server.port}`
    },
    requests,
    answer: acknowledged,
    throttleMs: 0,
    log: { earliest: 0, latest: 0, highWatermark: 0 } as ScriptedLog,
    forgetConnections: () => {
      for (const socket of known) forgotten.add(socket)
      known.clear()
    },
    topic: script.topic,
    leaders: [1, 1] as readonly number[],
    mayWrite: true,
    maxMessageBytes: null as number | null,
    listen: () => server.listen(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
  return broker
}

/** Writes the beginning of an answer, and resets the connection once it has come. */
function cut(socket: Socket): void {
  socket.write(Buffer.from([0, 0, 0, 99, 1, 2]))
  setTimeout(() => socket.resetAndDestroy(), 50)
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
