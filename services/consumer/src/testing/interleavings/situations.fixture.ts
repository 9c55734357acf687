/** Where a process can be when something befalls it; the names of the gates, and two more. */
const PLACES = [
  'waiting',
  'batching',
  'learn',
  'registry',
  'readBack',
  'present',
  'insert',
  'answer',
  'hang',
  'sleep',
  'commit',
  'committed',
  'produce',
  'produced',
] as const
export type Place = (typeof PLACES)[number]

const BEFALLS = ['crashed', 'stopped', 'revoked', 'expelled'] as const

const SPECIAL = [
  'crashed after an insert and before its commit',
  'crashed after a dead letter and before its commit',
  'a row was there, owed to another process or attempt',
  'an insert came late, after the next read-back had missed it',
  'an insert came twice',
  'a zombie inserted',
  'a zombie was refused its commit',
  'a commit was lost',
  'a commit was done and its answer lost',
  'a commit came late',
  'a commit went back',
  'a read-back was not answered',
  'a batch was given up',
  'a hanging insert was given up in time',
  'a batch was split',
  'a halt was overcome',
  'the registry was away',
  'the registry did not know a schema for a while',
  'a row was refused',
  'a record did not decode',
  'a dead letter was not written at first',
  'a dead letter was written twice',
  'fetching paused for memory',
  'an event was updated in a later batch',
  'a record arrived while others were inserted',
  'records were gathered while a batch was inserted',
  'a block was made ahead',
  'records came between the end of an assignment and the word of it',
  'the group waited no longer for a release',
  'copies from another log lay at the same places',
  'other events lay at the same places, of a log that was restored',
  'a view threw',
  'an insert was torn, its views have nothing',
  'somebody’s view had rows twice rather than not at all',
  'a record of somebody who was erased was left out',
  'rows of somebody who was erased were deleted',
  'an insert was not begun: who is erased was read too long ago',
] as const

/** What a run can meet. Each must occur often enough, or the interleavings prove nothing about it. */
export const SITUATIONS = [
  ...SPECIAL,
  ...BEFALLS.flatMap((befall) => PLACES.map((place) => `${befall} at ${place}` as const)),
] as const
export type Situation = (typeof SITUATIONS)[number]

/** In how many runs each situation occurred. */
export type Coverage = Readonly<Record<Situation, number>>

export function coverageOf(runs: readonly Iterable<Situation>[]): Coverage {
  const counts = everySituation(() => 0)
  for (const run of runs) for (const situation of run) counts[situation]++
  return counts
}

export function addCoverage(one: Coverage, other: Coverage): Coverage {
  return everySituation((situation) => one[situation] + other[situation])
}

function everySituation(count: (situation: Situation) => number): Record<Situation, number> {
  const counts = SITUATIONS.map((situation) => [situation, count(situation)] as const)
  return Object.fromEntries(counts) as Record<Situation, number> // every situation is a key
}
