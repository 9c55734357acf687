import { overlaps, type CharSet } from './char-set.ts'
import { parsePattern, PatternRefused, type PatternNode } from './parse-pattern.ts'

/**
 * Says why a pattern may be slow, or `null` when its time grows with the text's length only.
 *
 * A backtracking engine is slow when a text can be read in several ways. So a pattern must leave no
 * choice: after each character at most one place of the pattern takes the next one. (Glushkov's
 * automaton is deterministic, counting each way to a place by itself; Brüggemann-Klein 1993.)
 *
 * @returns what would be expected instead.
 */
export function slownessOf(pattern: string): string | null {
  try {
    void new RegExp(pattern, 'u')
  } catch {
    return 'a regular expression (ECMA-262, flag u)'
  }
  try {
    checkUnambiguous(parsePattern(pattern))
    return null
  } catch (error) {
    if (error instanceof PatternRefused) return error.message
    throw error
  }
}

/** Places of a pattern with many of them are compared with one another: this bounds the work. */
const MAX_PLACES = 500

/** A part of the pattern: where it may begin and end, and whether it may be empty. */
interface Part {
  readonly isNullable: boolean
  readonly first: readonly number[]
  readonly last: readonly number[]
}

interface Places {
  readonly sets: CharSet[]
  /** What may come after each place; twice the same place are two ways to it. */
  readonly follow: number[][]
}

function checkUnambiguous(node: PatternNode): void {
  const places: Places = { sets: [], follow: [] }
  const whole = build(places, node)
  for (const nextPlaces of [whole.first, ...places.follow]) {
    const sets = nextPlaces.map((place) => places.sets[place] ?? [])
    const isAmbiguous = sets.some((set, index) =>
      sets.slice(index + 1).some((other) => overlaps(set, other)),
    )
    if (isAmbiguous) {
      throw new PatternRefused(
        'a pattern that reads each text in one way only: what may repeat must not also match what follows it',
      )
    }
  }
}

const EMPTY: Part = { isNullable: true, first: [], last: [] }

function build(places: Places, node: PatternNode): Part {
  switch (node.kind) {
    case 'chars':
      return addPlace(places, node.set)
    case 'sequence':
      return node.parts.reduce((before, part) => join(places, before, build(places, part)), EMPTY)
    case 'choice':
      return choose(node.options.map((option) => build(places, option)))
    case 'repeat':
      return repeat(places, node)
  }
}

function addPlace(places: Places, set: CharSet): Part {
  const place = places.sets.length
  if (place >= MAX_PLACES) {
    throw new PatternRefused(`at most ${MAX_PLACES} characters, counted as often as they repeat`)
  }
  places.sets.push(set)
  places.follow.push([])
  return { isNullable: false, first: [place], last: [place] }
}

function join(places: Places, before: Part, after: Part): Part {
  link(places, before.last, after.first)
  return {
    isNullable: before.isNullable && after.isNullable,
    first: before.isNullable ? [...before.first, ...after.first] : before.first,
    last: after.isNullable ? [...before.last, ...after.last] : after.last,
  }
}

function link({ follow }: Places, from: readonly number[], to: readonly number[]): void {
  for (const place of from) follow[place]?.push(...to)
}

function choose(options: readonly Part[]): Part {
  if (options.filter(({ isNullable }) => isNullable).length > 1) {
    throw new PatternRefused('at most one alternative that may be empty')
  }
  return {
    isNullable: options.some(({ isNullable }) => isNullable),
    first: options.flatMap(({ first }) => first),
    last: options.flatMap(({ last }) => last),
  }
}

/** `x{2,4}` is `xx(x(x)?)?`, `x{2,}` is `xx+`. */
function repeat(
  places: Places,
  { body, min, max }: Extract<PatternNode, { kind: 'repeat' }>,
): Part {
  let before = EMPTY
  for (let count = 1; count < min; count += 1) before = join(places, before, copy(places, body))
  if (max === Infinity) {
    const looped = copy(places, body)
    link(places, looped.last, looped.first)
    return join(places, before, { ...looped, isNullable: min === 0 })
  }
  if (min > 0) before = join(places, before, copy(places, body))
  let optional = EMPTY
  for (let count = min; count < max; count += 1) {
    optional = { ...join(places, copy(places, body), optional), isNullable: true }
  }
  return join(places, before, optional)
}

function copy(places: Places, body: PatternNode): Part {
  const part = build(places, body)
  if (part.isNullable) throw new PatternRefused('nothing that repeats and may be empty')
  return part
}
