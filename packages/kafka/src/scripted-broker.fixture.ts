import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** One partition of a produce request, as a broker sees it. */
export interface ProducedPart {
  readonly topic: string
  readonly partition: number
  readonly records: number
}

/** What a broker answers for a partition, by its error code; one it leaves out is not in the answer. */
export type Answer = ReadonlyMap<ProducedPart, number> | 'hang' | 'close'

export interface ScriptedBroker extends AsyncDisposable {
  readonly url: string
  /** Every produce request so far. */
  readonly requests: readonly (readonly ProducedPart[])[]
  /** Decides every produce request. @default acknowledges everything */
  answer: (parts: readonly ProducedPart[]) => Answer
  /** Asks its client to wait so long, in every answer. */
  throttleMs: number
  /** Node ids by partition, for the topic of the script. Both brokers of a cluster say the same. */
  leaders: readonly number[]
}

/** Everybody is acknowledged. */
export const acknowledged = (parts: readonly ProducedPart[]): Answer =>
  new Map(parts.map((part) => [part, 0]))

interface Script {
  readonly topic: string
  readonly produceVersions: { readonly min: number; readonly max: number }
}

const API = { produce: 0, metadata: 3, versions: 18 }

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
    if (apiKey === API.metadata) return reply(metadataBody(script, cluster(), broker.leaders))
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
    leaders: [1, 1] as readonly number[],
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

function versionsBody({ produceVersions: { min, max } }: Script): Buffer {
  const write = new Writer().int16(0)
  const versions = [
    [API.produce, min, max],
    [API.metadata, 0, 1],
    [API.versions, 0, 2],
  ] as const
  write.array(versions, (entry) => entry.forEach((each) => write.int16(each)))
  return write.int32(0).bytes()
}

function metadataBody(
  { topic }: Script,
  brokers: readonly ScriptedBroker[],
  leaders: readonly number[],
): Buffer {
  const write = new Writer()
  write.array([...brokers.entries()], ([index, { url }]) => {
    write
      .int32(index + 1)
      .text('127.0.0.1')
      .int32(Number(url.split(':')[1]))
      .int16(-1)
  })
  write.int32(1) // controller
  write.array([topic], () => {
    write.int16(0).text(topic).int8(0)
    write.array([...leaders.entries()], ([partition, leader]) => {
      write.int16(0).int32(partition).int32(leader)
      for (const replicas of [[leader], [leader]])
        write.array(replicas, (each) => write.int32(each))
    })
  })
  return write.bytes()
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
        return { topic, partition, records: version >= 3 ? batch.readInt32BE(57) : 1 }
      })
    })
    .flat()
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  take(length: number): Buffer {
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  int16(): number {
    return this.take(2).readInt16BE()
  }

  int32(): number {
    return this.take(4).readInt32BE()
  }

  text(): string {
    return this.take(Math.max(0, this.int16())).toString()
  }

  array<T>(read: () => T): readonly T[] {
    return Array.from({ length: this.int32() }, read)
  }
}

class Writer {
  readonly #parts: Buffer[] = []

  #number(length: number, write: (into: Buffer) => void): this {
    const into = Buffer.alloc(length)
    write(into)
    this.#parts.push(into)
    return this
  }

  int8(value: number): this {
    return this.#number(1, (into) => into.writeInt8(value))
  }

  int16(value: number): this {
    return this.#number(2, (into) => into.writeInt16BE(value))
  }

  int32(value: number): this {
    return this.#number(4, (into) => into.writeInt32BE(value))
  }

  int64(value: number): this {
    return this.#number(8, (into) => into.writeBigInt64BE(BigInt(value)))
  }

  text(value: string): this {
    this.int16(Buffer.byteLength(value))
    this.#parts.push(Buffer.from(value))
    return this
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length)
    items.forEach(write)
    return this
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }
}
