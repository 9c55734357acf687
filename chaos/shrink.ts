/** What was found out about a list of faults that broke a run. */
export interface Shrunk<T> {
  /** The shortest list that is known to break it. */
  readonly smallest: readonly T[]
  readonly runs: number
  /** Nothing more can be left out: with any part less the run held. */
  readonly isMinimal: boolean
}

/**
 * Leaves out halves, then quarters and so on, as long as the run still breaks, and not more often than
 * allowed (delta debugging). A storm that breaks only now and then may end with more than it needs.
 */
export async function shrink<T>(
  all: readonly T[],
  isBroken: (some: readonly T[]) => Promise<boolean>,
  isAllowed: (runs: number) => boolean,
): Promise<Shrunk<T>> {
  let smallest = all
  let runs = 0
  let parts = 2
  while (smallest.length > 1) {
    const size = Math.ceil(smallest.length / parts)
    const pieces = Array.from({ length: Math.ceil(smallest.length / size) }, (_, n) =>
      smallest.slice(n * size, (n + 1) * size),
    )
    // One piece alone first, as it saves the most; then all but one.
    const candidates = [
      ...pieces,
      ...(parts > 2 ? pieces.map((piece) => smallest.filter((each) => !piece.includes(each))) : []),
    ]
    let next: readonly T[] | null = null
    for (const candidate of candidates) {
      if (!isAllowed(runs)) return { smallest, runs, isMinimal: false }
      runs += 1
      if (await isBroken(candidate)) {
        next = candidate
        break
      }
    }
    if (next !== null) {
      parts = next.length <= size ? 2 : Math.max(2, parts - 1)
      smallest = next
    } else if (size === 1) return { smallest, runs, isMinimal: true }
    else parts = Math.min(smallest.length, parts * 2)
  }
  return { smallest, runs, isMinimal: true }
}
