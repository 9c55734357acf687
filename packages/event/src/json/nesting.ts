import { closingQuote } from './closing-quote.ts'
import { CLOSE_ARRAY, CLOSE_OBJECT, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './bytes.ts'

/** Containers inside one another that a body may have before it is not read at all; of an event 32 are kept. */
export const MAX_NESTING = 1_000

/**
 * Where a JSON text opens one container too many, or -1: found before it is parsed, in one pass that needs no
 * memory and takes 1 to 2 ns a character. A parser takes room for each container, and time to let go of it.
 *
 * A text that is no JSON may be judged wrongly behind its first fault, which no parser reads.
 */
export function tooDeepAt(text: string, maxNesting = MAX_NESTING): number {
  if (text.length <= maxNesting) return -1
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = closingQuote(text, at)
        break
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1
        if (depth > maxNesting) return at
        break
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1
        break
    }
  }
  return -1
}
