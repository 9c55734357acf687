import { scanValue, type ScannedValue } from '../json-scan.ts'
import type { EventInput } from '../normalise-context.ts'
import { pointerOf } from '../pointer.ts'
import { INTS_OF_EVENT, type Ranges } from './scan-event.ts'

/** The bytes of a body with what was found in them, for all of its events. */
export interface LaneBody {
  readonly ranges: Ranges
  /** The same as text, when every byte is a character; else `null`. */
  readonly ascii: string | null
  /** Where the events are, in the body as sent. */
  readonly pointer: string
  readonly isList: boolean
}

/** An event of a body that was scanned as bytes; its value and its text are made when asked for. */
export class LaneInput implements EventInput {
  readonly index: number
  readonly body: LaneBody
  readonly start: number
  readonly end: number
  readonly isRegular: boolean
  #text: string | null = null
  #value: unknown
  #isParsed = false
  #scanned: ScannedValue | null = null

  constructor(
    body: LaneBody,
    index: number,
    found: { readonly start: number; readonly end: number; readonly isRegular: boolean },
  ) {
    this.body = body
    this.index = index
    this.start = found.start
    this.end = found.end
    this.isRegular = found.isRegular
  }

  /** Where its slots begin. */
  get base(): number {
    return this.index * INTS_OF_EVENT
  }

  get pointer(): string {
    const { isList, pointer } = this.body
    return isList ? pointerOf(pointer, this.index) : ''
  }

  get text(): string {
    this.#text ??= textOf(this.body, this.start, this.end)
    return this.#text
  }

  /** @throws {SyntaxError} */
  get value(): unknown {
    if (!this.#isParsed) this.#value = JSON.parse(this.text)
    this.#isParsed = true
    return this.#value
  }

  get scanned(): ScannedValue {
    this.#scanned ??= scanValue(this.text, this.pointer)
    return this.#scanned
  }
}

export function textOf({ ascii, ranges }: LaneBody, start: number, end: number): string {
  return ascii === null ? ranges.bytes.toString('utf8', start, end) : ascii.slice(start, end)
}
