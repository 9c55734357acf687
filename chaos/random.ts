/** Numbers that look random and follow from a seed alone. */
export interface Random {
  /** 0 ≤ n < 1. */
  next(): number
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number
  chance(probability: number): boolean
  /** @throws {RangeError} when the list is empty. */
  pick<T>(list: readonly T[]): T
  shuffle<T>(list: readonly T[]): T[]
  /** Every order of magnitude between `min` and `max` is as likely as every other. */
  logUniform(min: number, max: number): number
}

/**
 * One stream of a seed. Streams of different names do not touch each other: drawing one number more in
 * the workload moves no fault.
 */
export function createRandom(seed: number, stream: string): Random {
  let state = hash(seed, ...Buffer.from(stream, 'utf8'))
  const next = (): number => {
    // splitmix32: every state gives another number, and the states never repeat before 2^32.
    state = (state + 0x9e3779b9) | 0
    return mix(state) / 2 ** 32
  }
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  const pick = <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new RangeError('nothing to pick from')
    return list[integer(0, list.length - 1)] as T // within the list
  }
  return {
    next,
    integer,
    pick,
    chance: (probability) => next() < probability,
    shuffle: (list) => {
      const left = [...list]
      return list.map(() => left.splice(integer(0, left.length - 1), 1)[0] as (typeof list)[number]) // as long as the list
    },
    logUniform: (min, max) => Math.exp(Math.log(min) + next() * Math.log(max / min)),
  }
}

/** 32 bits of any whole numbers. */
export function hash(...numbers: readonly number[]): number {
  let value = 0x811c9dc5
  for (const number of numbers) {
    value = mix(value ^ (number | 0)) ^ mix(Math.floor(number / 2 ** 32) | 0)
    value = (value + 0x9e3779b9) | 0
  }
  return value >>> 0
}

function mix(state: number): number {
  let value = state ^ (state >>> 16)
  value = Math.imul(value, 0x21f0aaad)
  value ^= value >>> 15
  value = Math.imul(value, 0x735a2d97)
  return (value ^ (value >>> 15)) >>> 0
}
