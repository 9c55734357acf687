/** A piece is handed on when so many bytes are there: what the event loop does at one go. */
export const PIECE_BYTES = 1_048_576
const FIRST_BYTES = 4_096

/** The compressed bytes are not what their codec writes. */
export class Undecodable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Undecodable'
  }
}

/**
 * What was inflated last: copies reach back into it. It holds `historyBytes` and what was not taken yet,
 * whatever the whole is.
 */
export class InflateWindow {
  readonly #historyBytes: number
  #bytes: Buffer
  #end = 0
  #takenUntil = 0

  /** @param expectedBytes a guess; it grows when more is needed. */
  constructor(historyBytes: number, expectedBytes: number) {
    this.#historyBytes = historyBytes
    this.#bytes = Buffer.allocUnsafeSlow(
      Math.min(PIECE_BYTES, Math.max(FIRST_BYTES, expectedBytes)),
    )
  }

  get isPieceReady(): boolean {
    return this.#end - this.#takenUntil >= PIECE_BYTES
  }

  /** @throws {Undecodable} when the input has fewer bytes. */
  literal(input: Buffer, from: number, length: number): void {
    if (from + length > input.length) throw new Undecodable('it ends within a run of bytes')
    if (this.#end + length > this.#bytes.length) this.#makeRoom(length)
    const bytes = this.#bytes
    let to = this.#end
    this.#end = to + length
    if (length > LONG) input.copy(bytes, to, from, from + length)
    else for (let at = from; to < this.#end;) bytes[to++] = input[at++] ?? 0
  }

  /** Repeats `length` bytes from `offset` bytes ago; they may overlap what they make. */
  copy(offset: number, length: number): void {
    if (offset === 0 || offset > this.#end || offset > this.#historyBytes) {
      throw new Undecodable(`it repeats bytes from ${offset} bytes ago, which are not there`)
    }
    if (this.#end + length > this.#bytes.length) this.#makeRoom(length)
    const bytes = this.#bytes
    let to = this.#end
    this.#end = to + length
    let at = to - offset
    if (length > LONG && offset >= length) bytes.copyWithin(to, at, at + length)
    else if (offset === 1 && length > LONG) bytes.fill(bytes[at] ?? 0, to, this.#end)
    else while (to < this.#end) bytes[to++] = bytes[at++] ?? 0
  }

  /** What was inflated since the last piece, in bytes that nobody writes to again. */
  take(isLast: boolean): Buffer {
    const piece = this.#bytes.subarray(this.#takenUntil, this.#end)
    this.#takenUntil = this.#end
    return isLast ? piece : Buffer.from(piece)
  }

  #makeRoom(length: number): void {
    const keepFrom = Math.min(this.#takenUntil, Math.max(0, this.#end - this.#historyBytes))
    const kept = this.#end - keepFrom
    const into = Buffer.allocUnsafeSlow(Math.max(2 * kept, kept + length, FIRST_BYTES))
    this.#bytes.copy(into, 0, keepFrom, this.#end)
    this.#bytes = into
    this.#end = kept
    this.#takenUntil -= keepFrom
  }
}

/** Calling into C++ takes as long as copying so many bytes here. */
const LONG = 48
