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
  const edge = /\/\*|\*\//g
  edge.lastIndex = from
  for (let found = edge.exec(text); found !== null; found = edge.exec(text)) {
    if (found[0] === '/*') open.push(found.index)
    else {
      const start = open.pop()
      if (start === undefined) edge.lastIndex = found.index + 1 // `*/*`: a star in front of a comment
      else ends.set(start, edge.lastIndex)
    }
  }
  return ends
}

/** The end of what may stand between two tokens: blanks, comments, anything that is no letter of ASCII. */
export function createGaps(text: string): (from: number) => number {
  const commentEnd = createComments(text)
  const lineEnd = createLineEnds(text)
  /** Behind a comment: what several comments lead to is looked at once. */
  const known = new Map<number, number>()
  const step = (at: number): number | undefined => {
    if (text.startsWith('/*', at)) return commentEnd(at)
    if (text.startsWith('--', at) || text[at] === '#') return lineEnd(at)
    return undefined
  }
  return (from) => {
    const behindComments: number[] = []
    let at = from
    for (;;) {
      while (at < text.length && !isGraphic(text.charCodeAt(at))) at++
      const end = step(at)
      if (end === undefined) break
      const last = known.get(end)
      at = last ?? end
      if (last !== undefined) break
      behindComments.push(end)
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
