import { createConnection } from 'node:net'

const TIMEOUT_MS = 5_000

/** One request of the Kafka protocol: https://kafka.apache.org/protocol#protocol_messages */
export interface KafkaRequest {
  readonly apiKey: number
  readonly version: number
  /** Versions from some on, "flexible" ones, have tags at the end of their head. @default false */
  readonly isFlexible?: boolean
  readonly body: Buffer
}

/**
 * Asks one broker on a connection of its own, past every client library.
 * @returns the answer's body.
 * @throws when nobody answers in time.
 */
export function askKafka(port: number, request: KafkaRequest): Promise<Buffer> {
  const { apiKey, version, isFlexible = false, body } = request
  const head = writer().int16(apiKey).int16(version).int32(1).int16(-1) // correlation 1, no client id
  if (isFlexible) head.int8(0)
  const sent = Buffer.concat([head.bytes(), body])
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1', timeout: TIMEOUT_MS })
    let answer = Buffer.alloc(0)
    socket.on('connect', () => socket.write(writer().int32(sent.length).raw(sent).bytes()))
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk])
      if (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) return
      resolve(answer.subarray(isFlexible ? 9 : 8)) // length, correlation id, tags
      socket.destroy()
    })
    socket.on('timeout', () => socket.destroy(new Error('no answer')))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('no answer')))
  })
}

/** Puts values behind one another as the protocol has them. */
export interface Writer {
  int8(value: number): Writer
  int16(value: number): Writer
  int32(value: number): Writer
  /** Its length in two bytes before it. */
  text(value: string): Writer
  /** As flexible versions have it: its length and one, as a varint, before it. */
  compact(value: Buffer | string): Writer
  /** Of a list, as flexible versions have it. */
  compactCount(count: number): Writer
  raw(value: Buffer): Writer
  bytes(): Buffer
}

export function writer(): Writer {
  const pieces: Buffer[] = []
  const put = (length: number, fill: (piece: Buffer) => void): Writer => {
    const piece = Buffer.alloc(length)
    fill(piece)
    pieces.push(piece)
    return self
  }
  const raw = (value: Buffer): Writer => {
    pieces.push(value)
    return self
  }
  const compactCount = (count: number): Writer => {
    let left = count + 1
    while (left > 127) {
      self.int8((left & 127) - 128) // the high bit: more follows
      left >>>= 7
    }
    return self.int8(left)
  }
  const self: Writer = {
    int8: (value) => put(1, (piece) => piece.writeInt8(value)),
    int16: (value) => put(2, (piece) => piece.writeInt16BE(value)),
    int32: (value) => put(4, (piece) => piece.writeInt32BE(value)),
    text: (value) => self.int16(Buffer.byteLength(value)).raw(Buffer.from(value)),
    compact: (value) => compactCount(Buffer.byteLength(value)).raw(Buffer.from(value)),
    compactCount,
    raw,
    bytes: () => Buffer.concat(pieces),
  }
  return self
}

/** Reads values one after the other. @throws RangeError when the bytes are cut. */
export function reader(bytes: Buffer) {
  let at = 0
  const move = (length: number): number => (at += length) - length
  const int8 = (): number => bytes.readInt8(move(1))
  const int16 = (): number => bytes.readInt16BE(move(2))
  const int32 = (): number => bytes.readInt32BE(move(4))
  const slice = (length: number): string => {
    const start = move(length)
    return bytes.toString('utf8', start, start + length)
  }
  const compactCount = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(move(1))
      value |= (byte & 127) << shift
      if (byte < 128) return Math.max(0, value - 1) // 0: null
    }
  }
  return {
    int8,
    int16,
    int32,
    text: (): string => slice(Math.max(0, int16())), // -1: null
    list: <T>(item: () => T): readonly T[] =>
      Array.from({ length: Math.max(0, int32()) }, () => item()),
    compactText: (): string => slice(compactCount()),
    compactList: <T>(item: () => T): readonly T[] =>
      Array.from({ length: compactCount() }, () => item()),
  }
}
