/**
 * Where the comment that begins at an offset ends; `undefined` for one that is not closed. Comments nest, as the
 * engine reads them. All are found in one pass when the first is asked for: whatever the text, it is read once.
 * @param from nothing in front of it is asked for
 */
export function createComments(text: string, from = 0): (start: number) => number | undefined {
  let ends: ReadonlyMap<number, number> | undefined
  return (start) => (ends ??= findComments(text, from)).get(start)
}

function findComments(text: string, from: number): ReadonlyMap<number, number> {
  const ends = new Map<number, number>()
  const open: number[] = []
  let read = from
  for (
    let at = text.indexOf('/', from);
    at !== -1;
    at = text.indexOf('/', Math.max(read, at + 1))
  ) {
    const isEnd = at > read && text[at - 1] === '*'
    const start = isEnd ? open.pop() : undefined
    if (start !== undefined) {
      read = at + 1
      ends.set(start, read)
    } else if (text[at + 1] === '*') {
      read = at + 2
      open.push(at)
    }
  }
  return ends
}

/** How a comment begins that ends with its line: `//` is one to the engine, too. */
const LINE_COMMENT = /^(?:--|\/\/|#)/
/** Of the comments in a row that were walked over, one in so many is remembered with the end of them all. */
const REMEMBERED = 8

/** The end of what may stand between two tokens: blanks, comments, anything that is no letter of ASCII. */
export function createGaps(text: string): (from: number) => number {
  const commentEnd = createComments(text)
  const lineEnd = createLineEnds(text)
  /** Behind a comment: what several comments lead to is looked at once. */
  const known = new Map<number, number>()
  const step = (at: number): number | undefined => {
    if (text.startsWith('/*', at)) return commentEnd(at)
    if (LINE_COMMENT.test(text.slice(at, at + 2))) return lineEnd(at)
    return undefined
  }
  return (from) => {
    const behindComments: number[] = []
    let walked = 0
    let at = from
    for (;;) {
      while (at < text.length && !isGraphic(text.charCodeAt(at))) at++
      const end = step(at)
      if (end === undefined) break
      const last = known.get(end)
      at = last ?? end
      if (last !== undefined) break
      if (++walked % REMEMBERED === 0) behindComments.push(end)
    }
    for (const each of behindComments) known.set(each, at)
    return at
  }
}

/** Behind the next line end; `undefined` when there is none. */
function createLineEnds(text: string): (at: number) => number | undefined {
  let ends: readonly number[] | undefined
  return (at) => {
    ends ??= Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ends[middle] ?? 0) > at) high = middle
      else low = middle + 1
    }
    return ends[low]
  }
}

function isGraphic(code: number): boolean {
  return code >= 0x21 && code <= 0x7e
}
