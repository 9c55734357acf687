/** Numbers that look like chance and are the same each time. */
export interface Chance {
  /** A whole number from 0 to `limit` - 1. */
  upTo(limit: number): number
  /** True once in `of` times. */
  isOne(of: number): boolean
  of<Value>(values: readonly Value[]): Value
}

/** mulberry32: public domain, by Tommy Ettinger. */
export function createChance(seed: number): Chance {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const upTo = (limit: number): number => Math.floor(next() * limit)
  return {
    upTo,
    isOne: (of) => upTo(of) === 0,
    of: (values) => {
      const value = values[upTo(values.length)]
      if (value === undefined && values.length === 0)
        throw new Error('chance has nothing to choose from')
      return value as (typeof values)[number] // within the list, as upTo says
    },
  }
}
