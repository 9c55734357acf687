import { isUtf8 } from 'node:buffer'
import { isBlank } from './parse-text.ts'

/** A line of NDJSON. */
export interface Line {
  /** Base64 when the bytes are not UTF-8. */
  readonly text: string
  readonly isUtf8: boolean
  /** From 1, empty lines counted. */
  readonly number: number
}

/** Empty ones take next to nothing. */
const LINES_PER_LOOK = 1_000
const LINE_FEED = 0x0a

/**
 * Lines that hold something, at most one more than `maxLines`: a body may hold millions. In pieces, between
 * which others may go on. A line is bytes of its own: one that is not UTF-8 says nothing about the others.
 */
export function* linesOf(body: Buffer, maxLines: number): Generator<void, readonly Line[]> {
  const lines: Line[] = []
  let start = 0
  for (let number = 1; start < body.length && lines.length <= maxLines; number += 1) {
    if (number % LINES_PER_LOOK === 0) yield
    const feed = body.indexOf(LINE_FEED, start)
    const end = feed === -1 ? body.length : feed
    const line = lineOf(body.subarray(start, end), number)
    if (!isBlank(line.text)) lines.push(line)
    start = end + 1
  }
  return lines
}

function lineOf(bytes: Buffer, number: number): Line {
  const isText = isUtf8(bytes)
  return { text: bytes.toString(isText ? 'utf8' : 'base64'), isUtf8: isText, number }
}
