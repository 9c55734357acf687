import assert from 'node:assert/strict'
import {
  partitionKey,
  type FetchedRecord,
  type PartitionOffset,
  type TopicPartition,
} from '@custom-events/kafka'
import { type FakeKafka } from '@custom-events/kafka/testing'
import { HEADERS } from '../../dead-letter/dead-letter.ts'
import { valuesOf, type MemoryRow, type MemoryTables } from '../fake-clickhouse.fixture.ts'
import { isPoison, propertiesOf, type Planned } from './plan.fixture.ts'
import type { Situation } from './situations.fixture.ts'

export const TOPIC = 'events.tracked.v1'
export const DEAD_LETTERS = 'events.tracked.v1.dlq'
const DEAD_LETTER_PARTITION = { topic: DEAD_LETTERS, partition: 0 }

/** Holds a run to the promise, at every commit and at its end. */
export interface Judge {
  /** Every offset below must be accounted for. @throws {assert.AssertionError} */
  committed(end: PartitionOffset): void
  /** The highest offset ever committed. */
  highest(at: TopicPartition): number
  /** What every process and every late request left behind. @throws {assert.AssertionError} */
  final(limits: Limits): void
}

type Place = Pick<MemoryRow, 'partition' | 'offset'>

interface Limits {
  readonly deadLetterCopies: number
  /** Whether a row may be there twice that was neither late nor a zombie's. */
  readonly isRepeatable: boolean
}

export function createJudge(options: {
  readonly planned: readonly Planned[]
  readonly kafka: Pick<FakeKafka, 'records'>
  readonly tables: MemoryTables
  readonly note: (situation: Situation) => void
  /** Somebody's view is on the tables: it may have rows twice, and must have all. */
  readonly hasView: boolean
  /** Of a record that nothing may be left of. */
  readonly isErased: (of: Planned) => boolean
}): Judge {
  const { planned, kafka, tables, note, hasView, isErased } = options
  const highest = new Map<string, number>()
  const last = new Map<string, number>()
  const rowsOf = (table: string): readonly MemoryRow[] =>
    (tables.get(table) ?? []).filter(({ isEarlier }) => !isEarlier)
  const rowsAt = (table: string, place: Place) =>
    rowsOf(table).filter(
      ({ partition, offset }) => partition === place.partition && offset === place.offset,
    )
  const deadLettersOf = (of: Planned): readonly FetchedRecord[] =>
    kafka
      .records(DEAD_LETTER_PARTITION)
      .filter(({ headers }) => sourceOf(headers) === `${of.partition}/${of.offset}`)

  const isAccountedFor = (at: PartitionOffset): boolean => {
    if (at.topic === DEAD_LETTERS) return rowsAt('dead_letters', at).length > 0
    const each = planned.find(
      ({ partition, offset }) => partition === at.partition && offset === at.offset,
    )
    assert.ok(each, `${partitionKey(at)}@${at.offset} was committed over and does not exist`)
    if (isErased(each)) return true
    if (isPoison(each)) return deadLettersOf(each).length > 0
    return rowsAt('events', at).some(({ isInViews }) => isInViews || !hasView)
  }

  return {
    committed: (end) => {
      const key = partitionKey(end)
      const { length } = kafka.records(end)
      assert.ok(end.offset <= length, `${key}: ${end.offset} was committed, there are ${length}`)
      for (let offset = highest.get(key) ?? 0; offset < end.offset; offset++) {
        const { topic, partition } = end
        const isThere = isAccountedFor({ topic, partition, offset })
        assert.ok(isThere, `${key}@${offset} was committed over and is nowhere`)
      }
      if (end.offset < (last.get(key) ?? 0)) note('a commit went back')
      last.set(key, end.offset)
      highest.set(key, Math.max(end.offset, highest.get(key) ?? 0))
    },
    highest: (at) => highest.get(partitionKey(at)) ?? 0,
    final: ({ deadLetterCopies, isRepeatable }) => {
      const good = planned.filter((each) => !isPoison(each) && !isErased(each))
      judgeRows(rowsOf('events'), { needed: good, known: good, isRepeatable })
      // What is produced too late to be committed lies ready for whoever comes next, with or without a row.
      const known = kafka.records(DEAD_LETTER_PARTITION)
      const needed = known.slice(0, highest.get(partitionKey(DEAD_LETTER_PARTITION)) ?? 0)
      judgeRows(rowsOf('dead_letters'), { needed, known, isRepeatable })
      judgeView(tables.get('events') ?? [], good, note)
      noteLate(rowsOf('events'), note)
      if (hasView && isAnyTwice(rowsOf('events'))) {
        note('somebody’s view had rows twice rather than not at all')
      }
      for (const each of planned) {
        const copies = deadLettersOf(each)
        const name = `dead letters of ${each.partition}/${each.offset}`
        if (!isPoison(each)) assert.equal(copies.length, 0, name)
        else assert.ok(copies.length > 0 && copies.length <= deadLetterCopies, name)
        if (copies.length > 1) note('a dead letter was written twice')
        for (const copy of copies) judgeDeadLetter(each, copy)
      }
    },
  }
}

/**
 * Every place has a row and nothing unknown has one. Two of one place collapse by identity, but may only be
 * there when one of them came late or from a zombie: nothing can be asked about those beforehand.
 */
function judgeRows(
  rows: readonly MemoryRow[],
  places: {
    readonly needed: readonly Place[]
    readonly known: readonly Place[]
    readonly isRepeatable: boolean
  },
): void {
  const { needed, known, isRepeatable } = places
  const name = ({ partition, offset }: Place): string => `${partition}/${offset}`
  const prompt = rows
    .filter(({ isLate, isZombie, isLeftOver }) => !isLate && !isZombie && !isLeftOver)
    .map(name)
  const isOnce = new Set(prompt).size === prompt.length
  assert.ok(isOnce || isRepeatable, `twice there: ${prompt.toSorted().join()}`)
  const there = new Set(rows.map(name))
  assert.deepEqual([...new Set(needed.map(name)).difference(there)], [], 'rows that are missing')
  assert.deepEqual([...there.difference(new Set(known.map(name)))], [], 'rows that nobody sent')
}

/** As analysts see it: of each event the row with the highest version, which must be its last good copy. */
function judgeView(
  rows: readonly MemoryRow[],
  good: readonly Planned[],
  note: (situation: Situation) => void,
): void {
  const lastCopies = new Map(good.map((each) => [each.eventId, each]))
  const view = new Map<string, MemoryRow>()
  for (const row of rows) {
    const values = valuesOf(row)
    const eventId = String(values['event_id'])
    if (!lastCopies.has(eventId)) continue // of a log that is gone
    if (!row.isEarlier)
      assert.equal(values['properties'], propertiesOf(row.offset), `properties of ${eventId}`)
    const seen = view.get(eventId)
    const isUpdate = seen !== undefined && seen.block !== row.block && seen.offset !== row.offset
    if (isUpdate && !seen.isEarlier) note('an event was updated in a later batch')
    if (seen === undefined || isNewer(row, seen)) view.set(eventId, row)
  }
  assert.equal(view.size, lastCopies.size, 'events in the view')
  for (const [eventId, { offset, isEarlier }] of view) {
    assert.ok(!isEarlier, `a copy of ${eventId} from an earlier log is seen`)
    assert.equal(offset, lastCopies.get(eventId)?.offset, `the last copy of ${eventId}`)
  }
}

function isAnyTwice(rows: readonly MemoryRow[]): boolean {
  const inViews = rows.filter(({ isInViews }) => isInViews)
  return (
    new Set(inViews.map(({ partition, offset }) => `${partition}/${offset}`)).size < inViews.length
  )
}

function isNewer(row: MemoryRow, than: MemoryRow): boolean {
  return row.generation === than.generation
    ? row.offset > than.offset
    : row.generation > than.generation
}

function noteLate(rows: readonly MemoryRow[], note: (situation: Situation) => void): void {
  const wasMissed = rows.some(
    (late, index) =>
      late.isLate &&
      rows.some(
        (row, before) => before < index && row.offset === late.offset && row.block !== late.block,
      ),
  )
  if (wasMissed) note('an insert came late, after the next read-back had missed it')
}

/** Key, value and own headers byte for byte. */
function judgeDeadLetter({ key, value, headers }: Planned, copy: FetchedRecord): void {
  assert.deepEqual(copy.key, key)
  assert.deepEqual(copy.value, value)
  for (const [name, bytes] of Object.entries(headers)) assert.deepEqual(copy.headers[name], bytes)
}

function sourceOf(headers: FetchedRecord['headers']): string {
  return `${headers[HEADERS.partition]?.toString()}/${headers[HEADERS.offset]?.toString()}`
}
