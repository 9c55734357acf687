import { counted } from '../counted.ts'
import { splitAccounts } from '@custom-events/event'
import { generationTopic, isSamePlacement, MAX_SPLIT, type Generation } from '@custom-events/kafka'

/** What is left to do until accounts are placed as was asked for. */
export type NextStep =
  | { readonly step: 'none'; readonly now: Generation }
  | { readonly step: 'refused'; readonly why: string }
  /** It was announced, and has not been said to be open. */
  | { readonly step: 'open'; readonly next: Generation; readonly before: Generation }
  | { readonly step: 'make'; readonly next: Generation; readonly before: Generation }

/** What an operator wants of the next generation; all else stays as it is in the last. */
export interface Wanted {
  /** `null`: as many as now. */
  readonly partitions: number | null
  readonly split: readonly string[]
  readonly unsplit: readonly string[]
  /** How many ClickHouse servers accounts are spread over. */
  readonly shards: number
}

/** @param all the oldest first; the last may not be open yet. */
export function nextStep(
  tracked: string,
  { all, isLastOpen }: { readonly all: readonly Generation[]; readonly isLastOpen: boolean },
  wanted: Wanted,
): NextStep {
  const last = all.at(-1)
  const before = all.at(-2)
  if (last === undefined) return { step: 'refused', why: 'no generation of the topic is known' }
  const changed = changeOf(last, wanted)
  const { shards } = wanted
  if (changed.partitions % shards !== 0) {
    return { step: 'refused', why: apart(changed.partitions, shards) }
  }
  if (!isLastOpen && before !== undefined) {
    if (isSamePlacement(last, changed)) return { step: 'open', next: last, before }
    const why = `${last.topic} was begun ${saidOf(last)} and is not open yet: finish it first (--partitions ${last.partitions})`
    return { step: 'refused', why }
  }
  if (last.partitions > changed.partitions) {
    const why = `${last.topic} has ${counted(last.partitions, 'partition')}: a topic cannot have fewer than before`
    return { step: 'refused', why }
  }
  const why = wrongSplit(last, changed, shards)
  if (why !== null) return { step: 'refused', why }
  if (isSamePlacement(last, changed)) return { step: 'none', now: last }
  const generation = last.generation + 1
  const topic = generationTopic(tracked, generation)
  return { step: 'make', next: { ...changed, generation, topic }, before: last }
}

/** With how many partitions, and what of it is split, in words. */
export function saidOf({ partitions, split }: Generation): string {
  const places = `with ${counted(partitions, 'partition')}`
  return split === undefined ? places : `${places} and ${[...split.ids].join(', ')} split`
}

/** What makes `last` the other, as the command takes it. */
export function flagsTo(last: Generation, other: Generation): string {
  const [now, then] = [idsOf(last), idsOf(other)]
  return [
    `--partitions ${other.partitions}`,
    ...[...then].filter((id) => !now.has(id)).map((id) => `--split ${id}`),
    ...[...now].filter((id) => !then.has(id)).map((id) => `--unsplit ${id}`),
  ].join(' ')
}

function changeOf(last: Generation, { partitions, split, unsplit, shards }: Wanted): Generation {
  const ids = new Set([...idsOf(last), ...split])
  for (const id of unsplit) ids.delete(id)
  return {
    ...last,
    partitions: partitions ?? last.partitions,
    split: splitAccounts(ids, last.split?.shards ?? shards),
  }
}

function idsOf({ split }: Generation): ReadonlySet<string> {
  return split?.ids ?? new Set()
}

function wrongSplit(last: Generation, next: Generation, shards: number): string | null {
  if (last.split !== undefined && last.split.shards !== shards) {
    return `${last.topic} splits accounts over partitions of one of ${last.split.shards} shards, and CLICKHOUSE_SHARDS is ${shards}: set it to ${last.split.shards}`
  }
  const { partitions, split } = next
  if (split === undefined) return null
  if (split.ids.size > MAX_SPLIT) {
    return `${split.ids.size} accounts would be split, and at most ${MAX_SPLIT} may be`
  }
  return partitions > shards
    ? null
    : `an account has ${partitions / shards} partition to be spread over: ask for more with --partitions`
}

function apart(partitions: number, shards: number): string {
  const [below, above] = [Math.floor, Math.ceil].map((to) => to(partitions / shards) * shards)
  return (
    `${partitions} is no multiple of CLICKHOUSE_SHARDS (${shards}): accounts would move to other ClickHouses than the copies ` +
    `of their events; expected such as ${below === 0 ? '' : `${below} or `}${above}`
  )
}
