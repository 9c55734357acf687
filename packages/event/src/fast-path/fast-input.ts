import { isAscii } from 'node:buffer'
import { scanValue, type ScannedValue } from '../json/json-scan.ts'
import type { EventInput } from '../normalise/normalise-context.ts'
import { pointerOf } from '../json/pointer.ts'
import { INTS_OF_EVENT, PLACE, type Ranges } from './ranges.ts'

/** The bytes of a body with what was found in them, for all of its events. */
export class FastBody {
  readonly ranges: Ranges
  /** Where the events are, in the body as sent. */
  readonly pointer: string
  readonly isList: boolean
  #ascii: string | null | undefined = undefined

  constructor(ranges: Ranges, place: { readonly pointer: string; readonly isList: boolean }) {
    this.ranges = ranges
    this.pointer = place.pointer
    this.isList = place.isList
  }

  /**
   * The whole of a list as text, when every byte is a character; else `null`. Pieces of one text cost
   * less than a text made of each range of bytes, but for the one or two of a single event.
   */
  get ascii(): string | null {
    const { bytes } = this.ranges
    if (this.#ascii === undefined) {
      this.#ascii = this.isList && isAscii(bytes) ? bytes.toString('latin1') : null
    }
    return this.#ascii
  }
}

/** An event of a body that was scanned as bytes; its value and its text are made when asked for. */
export class FastInput implements EventInput {
  readonly index: number
  readonly body: FastBody
  /** Whether the scan has found nothing unusual in it. */
  readonly isRegular: boolean
  /** What was asked for already; rarely anything. */
  #made: Made | null = null

  /** @param place in the body; there must be room for its ints. */
  constructor(
    body: FastBody,
    index: number,
    place: { readonly start: number; readonly end: number; readonly isRegular: boolean },
  ) {
    this.body = body
    this.index = index
    this.isRegular = place.isRegular
    const { base } = this
    body.ranges.ints[base + PLACE.start] = place.start
    body.ranges.ints[base + PLACE.end] = place.end
  }

  /** Where its ints begin. */
  get base(): number {
    return this.body.ranges.base + this.index * INTS_OF_EVENT
  }

  get start(): number {
    return this.body.ranges.ints[this.base + PLACE.start] ?? -1
  }

  get end(): number {
    return this.body.ranges.ints[this.base + PLACE.end] ?? -1
  }

  get pointer(): string {
    const { isList, pointer } = this.body
    return isList ? pointerOf(pointer, this.index) : ''
  }

  get text(): string {
    return (this.#own.text ??= textOf(this.body, this.start, this.end))
  }

  /** @throws {SyntaxError} */
  get value(): unknown {
    const own = this.#own
    if (!own.isParsed) own.value = JSON.parse(this.text)
    own.isParsed = true
    return own.value
  }

  get scanned(): ScannedValue {
    return (this.#own.scanned ??= scanValue(this.text, this.pointer))
  }

  get #own(): Made {
    return (this.#made ??= { text: null, value: null, isParsed: false, scanned: null })
  }
}

interface Made {
  text: string | null
  value: unknown
  isParsed: boolean
  scanned: ScannedValue | null
}

export function textOf(body: FastBody, start: number, end: number): string {
  const { ascii } = body
  return ascii === null ? body.ranges.bytes.toString('utf8', start, end) : ascii.slice(start, end)
}
