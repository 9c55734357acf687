/** How much of something each one holds. */
export interface Shares {
  /** One more. @returns what gives it back; `null`: `most` are held by this one already */
  take(holder: string, most: number): Disposable | null
}

export function createShares(): Shares {
  const counts = new Map<string, number>()
  return {
    take: (holder, most) => {
      const count = counts.get(holder) ?? 0
      if (count >= most) return null
      counts.set(holder, count + 1)
      return { [Symbol.dispose]: () => giveBack(counts, holder) }
    },
  }
}

function giveBack(counts: Map<string, number>, holder: string): void {
  const left = (counts.get(holder) ?? 0) - 1
  if (left > 0) counts.set(holder, left)
  else counts.delete(holder)
}
