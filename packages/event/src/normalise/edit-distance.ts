/**
 * Edits (insert, delete, replace, swap of neighbours) from one word to another, counted up to
 * `limit`; anything further is `limit + 1`.
 */
export function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) > limit) return limit + 1
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwap =
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1]
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(beforeLast, column - 2) + 1 : Infinity,
      )
    }
    beforeLast = last
    last = current
  }
  return Math.min(at(last, to.length), limit + 1)
}

/** The name closest to a mistyped one, at most two edits away, or `null`. */
export function closestName(typed: string, names: readonly string[]): string | null {
  if (typed.length > MAX_TYPED_CHARS) return null
  let best: string | null = null
  let bestDistance = MAX_EDITS + 1
  for (const name of names) {
    const distance = editDistance(typed.toLowerCase(), name.toLowerCase(), MAX_EDITS)
    // Two edits turn any three letters into something else: at least half of the name must match.
    if (distance < bestDistance && distance * 2 < name.length) {
      best = name
      bestDistance = distance
    }
  }
  return best
}

const MAX_EDITS = 2
const MAX_TYPED_CHARS = 64

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
