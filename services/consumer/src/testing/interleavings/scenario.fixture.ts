import type { CommitFate, ProduceFate } from '@custom-events/kafka/testing'
import fc from 'fast-check'
import type { Fate } from '../fake-clickhouse.fixture.ts'

/**
 * What a record is. An `update` has the identity of the record before it in its partition; `unknownSchema`
 * is good, but the registry does not know its schema at first; `erased` is of somebody who is erased in the middle of
 * the run; the last three are poison.
 */
export type RecordKind =
  'good' | 'update' | 'unknownSchema' | 'erased' | 'refused' | 'garbage' | 'tombstone'

export type RegistryFate = 'ok' | 'away' | 'unknown'

/** What befalls a process, `afterSteps` after the last one. */
export interface Disturbance {
  readonly kind: 'crash' | 'stop' | 'rebalance' | 'expel' | 'join'
  readonly afterSteps: number
  readonly whom: number
}

/** What is given in one run, but for the order of the steps: small, so that there can be many. */
export interface Scenario {
  /** Of everything that is drawn while it runs. */
  readonly seed: number
  readonly partitions: number
  /** What lies in the table at the places of our records: copies from another log, or other events. */
  readonly before: 'nothing' | 'otherLog' | 'restored'
  /** Whether a view of somebody's is on the tables. */
  readonly hasView: boolean
  readonly records: readonly RecordKind[]
  /** How many steps lie between two arrivals; all are there from the start with 0. */
  readonly arrivalSteps: number
  /** When somebody is erased: after so many steps, if it goes on for so long. */
  readonly erasedAfterSteps: number
  readonly processes: number
  readonly maxRows: number
  readonly fetchRecords: number
  readonly budgetBytes: number
  readonly inserts: readonly Fate[]
  /** Whether a read-back is answered. */
  readonly questions: readonly boolean[]
  readonly commits: readonly CommitFate[]
  readonly produces: readonly ProduceFate[]
  readonly registry: readonly RegistryFate[]
  readonly disturbances: readonly Disturbance[]
}

const weighted = <T>(...choices: readonly (readonly [number, T])[]): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))

const insertFate = weighted<Fate>(
  [6, 'ok'],
  [1, 'refused'],
  [1, 'memory'],
  [1, 'tooManyParts'],
  [1, 'halted'],
  [1, 'dropped'],
  [2, 'half'],
  [1, 'viewThrows'],
  [1, 'torn'],
  [2, 'lost'],
  [1, 'garbled'],
  [1, 'twice'],
  [2, 'late'],
  [2, 'hangs'],
)

const disturbance = fc.record({
  kind: weighted<Disturbance['kind']>(
    [5, 'crash'],
    [3, 'stop'],
    [3, 'rebalance'],
    [2, 'expel'],
    [1, 'join'],
  ),
  afterSteps: fc.nat({ max: 20 }),
  whom: fc.nat({ max: 3 }),
})

const commitFate = weighted<CommitFate>([3, 'ok'], [1, 'lost'], [1, 'answerLost'], [1, 'late'])

const recordKind = weighted<RecordKind>(
  [12, 'good'],
  [3, 'update'],
  [1, 'unknownSchema'],
  [4, 'erased'],
  [2, 'refused'],
  [1, 'garbage'],
  [1, 'tombstone'],
)

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(),
  partitions: fc.integer({ min: 1, max: 2 }),
  before: weighted([2, 'nothing'], [1, 'otherLog'], [1, 'restored']),
  hasView: weighted([2, false], [1, true]),
  records: fc.array(recordKind, { minLength: 1, maxLength: 6, size: 'max' }),
  arrivalSteps: weighted([3, 0], [1, 1], [1, 4]),
  erasedAfterSteps: fc.nat({ max: 40 }),
  processes: weighted([3, 1], [1, 2]),
  maxRows: fc.integer({ min: 1, max: 4 }),
  fetchRecords: fc.integer({ min: 1, max: 3 }),
  budgetBytes: weighted([3, 1_000_000], [1, 900]),
  inserts: fc.array(insertFate, { maxLength: 5, size: 'max' }),
  questions: fc.array(fc.boolean(), { maxLength: 3, size: 'max' }),
  commits: fc.oneof(
    { weight: 4, arbitrary: fc.array(commitFate, { maxLength: 4, size: 'max' }) },
    // The group's coordinator is away: batch after batch is inserted and none is committed.
    { weight: 1, arbitrary: fc.constant(Array<CommitFate>(8).fill('lost')) },
  ),
  produces: fc.array(
    weighted<ProduceFate>([2, 'ok'], [1, 'refused'], [1, 'partly'], [1, 'answerLost'], [1, 'late']),
    { maxLength: 3, size: 'max' },
  ),
  registry: fc.array(weighted<RegistryFate>([2, 'ok'], [1, 'away'], [1, 'unknown']), {
    maxLength: 2,
    size: 'max',
  }),
  disturbances: fc.array(disturbance, { maxLength: 3, size: 'max' }),
})
