/** A line of NDJSON. */
interface Line {
  readonly text: string
  /** From 1, empty lines counted. */
  readonly number: number
}

/** Empty ones take next to nothing. */
const LINES_PER_LOOK = 1_000

/**
 * Lines that hold something, at most one more than `maxLines`: a body may hold millions. In pieces, between
 * which others may go on.
 */
export function* linesOf(text: string, maxLines: number): Generator<void, readonly Line[]> {
  const lines: Line[] = []
  let start = 0
  for (let number = 1; start < text.length && lines.length <= maxLines; number += 1) {
    if (number % LINES_PER_LOOK === 0) yield
    const feed = text.indexOf('\n', start)
    const end = feed === -1 ? text.length : feed
    const line = text.slice(start, end)
    if (line.trim() !== '') lines.push({ text: line, number })
    start = end + 1
  }
  return lines
}
