import { STRANGERS } from '../limits.ts'

/** Bytes that requests hold in memory, all of them together: heads, bodies, and what we need for each. */
export interface BytesInFlight {
  readonly used: number
  /** Whether so many more would fit, without taking them. */
  fits(bytes: number): boolean
  /**
   * @param isKnown whether the write key is of the request that takes them: all others together have a quarter, so that they
   * cannot keep out those that are.
   * @returns whether they fit; when not, nothing is taken.
   */
  take(bytes: number, isKnown: boolean): boolean
  /** The write key of a request that holds so many was found in its body. */
  becomeKnown(bytes: number): void
  /** Of a request whose key is known, or was said to be. */
  giveBack(bytes: number): void
}

export function createBytesInFlight(maxBytes: number): BytesInFlight {
  const maxOfStrangers = maxBytes * STRANGERS.shareOfBudget
  let used = 0
  /** Of these, what those hold whose key is not known. */
  let ofStrangers = 0
  const fits = (bytes: number): boolean => used + bytes <= maxBytes
  return {
    get used() {
      return used
    },
    fits,
    take: (bytes, isKnown) => {
      if (!fits(bytes)) return false
      if (!isKnown && ofStrangers + bytes > maxOfStrangers) return false
      if (!isKnown) ofStrangers += bytes
      used += bytes
      return true
    },
    becomeKnown: (bytes) => {
      ofStrangers -= bytes
    },
    giveBack: (bytes) => {
      used -= bytes
    },
  }
}
