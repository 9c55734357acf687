import { splitAccounts, wrongAccount, type SplitAccounts } from '@custom-events/event'

/** A topic of accepted events, and with how many partitions accounts are placed in it. */
export interface Generation {
  /** From 1, which is KAFKA_TOPIC with KAFKA_PARTITIONS. */
  readonly generation: number
  readonly topic: string
  readonly partitions: number
  /** Accounts that are spread over partitions. @default none */
  readonly split?: SplitAccounts | undefined
}

/** A generation after the first, as the topic of erasures tells of it. */
export interface GenerationRecord extends Generation {
  /** Whether the leases on the generation before have ended for certain, so that nobody has to wait for that. */
  readonly isOpen: boolean
}

/** The topic of a generation: `events.tracked.v1`, then `events.tracked.v1.g2`, `.g3` and so on. */
export function generationTopic(tracked: string, generation: number): string {
  return generation === 1 ? tracked : `${tracked}.g${generation}`
}

const KEY = /^generation:([2-9]|[1-9]\d{1,3})$/
/** How accounts are placed: by their id alone, or some by the identity of each event. A release that does not know the latter reads neither. */
const [BY_ACCOUNT, WITH_SPLIT] = [1, 2]
/** How many accounts may be split: each is in the record that every process reads, and in the table that every event is held against. */
export const MAX_SPLIT = 100

export function isGenerationKey(key: string): boolean {
  return key.startsWith('generation:')
}

export function writeGeneration(record: GenerationRecord): {
  readonly key: Buffer
  readonly value: Buffer
} {
  const { generation, topic, partitions, split, isOpen } = record
  const how =
    split === undefined
      ? { v: BY_ACCOUNT }
      : { v: WITH_SPLIT, split: [...split.ids], shards: split.shards }
  return {
    key: Buffer.from(`generation:${generation}`),
    value: Buffer.from(JSON.stringify({ ...how, topic, partitions, open: isOpen })),
  }
}

/** @returns what is wrong, in words, when it says nothing that we understand. */
export function readGeneration(key: string, value: Buffer | null): GenerationRecord | string {
  const generation = KEY.exec(key)?.[1]
  if (generation === undefined)
    return `its key is ${key.slice(0, 64)}, expected generation:2 or more`
  const fields = fieldsOf(value)
  if (fields === null) return 'its value is no JSON object'
  const { v, topic, partitions, open } = fields
  if (v !== BY_ACCOUNT && v !== WITH_SPLIT)
    return `its "v" is ${shown(v)}, expected ${BY_ACCOUNT} or ${WITH_SPLIT}: is it of a newer release?`
  if (typeof topic !== 'string' || topic === '') return `its "topic" is ${shown(topic)}`
  if (!isCount(partitions))
    return `its "partitions" is ${shown(partitions)}, expected a whole number from 1`
  const record = { generation: Number(generation), topic, partitions, isOpen: open === true }
  if (v === BY_ACCOUNT) return record
  const split = splitOf(fields, partitions)
  return typeof split === 'string' ? split : { ...record, split }
}

function splitOf({ split, shards }: Fields, partitions: number): SplitAccounts | string {
  if (!isCount(shards) || partitions % shards !== 0)
    return `its "shards" is ${shown(shards)}, expected a whole number that divides ${partitions}`
  if (!Array.isArray(split) || split.length > MAX_SPLIT)
    return `its "split" is ${shown(split)}, expected a list of 1 to ${MAX_SPLIT} accounts`
  const given: readonly unknown[] = split
  const ids = given.filter(
    (id): id is string => typeof id === 'string' && wrongAccount(id) === null,
  )
  if (ids.length < given.length)
    return `its "split" is ${shown(split)}, and not each of these is the id of an account`
  return splitAccounts(ids, shards) ?? `its "split" is empty, expected 1 to ${MAX_SPLIT} accounts`
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
}

type Name = 'v' | 'topic' | 'partitions' | 'open' | 'split' | 'shards'
type Fields = Readonly<Partial<Record<Name, unknown>>>

function fieldsOf(value: Buffer | null): Fields | null {
  try {
    const parsed: unknown = JSON.parse(value?.toString('utf8') ?? '')
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : null
  } catch {
    return null
  }
}

/** Whether two mean the same places: accounts were placed by one, and would be by the other. */
export function isSamePlacement(one: Generation, other: Generation): boolean {
  return placementOf(one) === placementOf(other)
}

/** In words. */
export function placementOf({ topic, partitions, split }: Generation): string {
  const places = `${topic} with ${partitions} partitions`
  if (split === undefined) return places
  const of = split.shards === 1 ? '' : ` over those of one of ${split.shards} shards`
  return `${places}, splitting ${[...split.ids].join(', ')}${of}`
}

/** Never whole: anybody may have written it. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, 64)
}
