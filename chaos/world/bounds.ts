import type { Variable } from '@custom-events/runtime'

export interface Bounds {
  readonly min: number
  readonly max: number
}

/** The lowest and the highest value of every variable that is a whole number, as its own rule tells a person. */
export function boundsOf(
  variables: Readonly<Record<string, Pick<Variable<unknown>, 'rule'>>>,
): ReadonlyMap<string, Bounds> {
  return new Map(
    Object.entries(variables).flatMap(([name, { rule }]) => {
      const [, min, max] = /^a whole number from (-?\d+) to (-?\d+)$/.exec(rule) ?? []
      return max === undefined ? [] : [[name, { min: Number(min), max: Number(max) }] as const]
    }),
  )
}

/** Every one of them at the same edge, but for those in `without`. */
export function allAt(
  edge: keyof Bounds,
  bounds: ReadonlyMap<string, Bounds>,
  without: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...bounds].flatMap(([name, each]) => (without.has(name) ? [] : [[name, String(each[edge])]])),
  )
}
