import {
  createFakeClock,
  createFakeKafka,
  type FakeClock,
  type FakeKafka,
} from '@custom-events/kafka/testing'
import { createTranscoder, eventAvroSchema } from '@custom-events/codec'
import type { Scheduler } from 'fast-check'
import { createRandom, type Random } from '../../../../../chaos/random.ts'
import type { Fate, MemoryRow, MemoryTables } from '../fake-clickhouse.fixture.ts'
import { createErasureOfRun, type ErasureOfRun } from './erasure.fixture.ts'
import { createJudge, DEAD_LETTERS, TOPIC, type Judge } from './judge.fixture.ts'
import { earlierValue, isPoison, planRecords, SCHEMA_IDS, type Planned } from './plan.fixture.ts'
import type { RegistryFate, Scenario } from './scenario.fixture.ts'
import type { Situation } from './situations.fixture.ts'

/** What outlives every process of a run, and who watches it. */
export interface World {
  readonly scenario: Scenario
  readonly scheduler: Scheduler
  readonly random: Random
  readonly clock: FakeClock
  readonly kafka: FakeKafka
  readonly tables: MemoryTables
  readonly planned: readonly Planned[]
  readonly isRefused: (place: { readonly partition: number; readonly offset: number }) => boolean
  readonly judge: Judge
  readonly erasure: ErasureOfRun
  readonly note: (situation: Situation) => void
  readonly seen: ReadonlySet<Situation>
  /** What the next request meets; nothing bad when the scenario has no more to say. */
  readonly next: {
    readonly insert: () => Fate
    readonly isAnswered: () => boolean
    readonly registry: (id: number) => RegistryFate
  }
}

export function createWorld(scenario: Scenario, scheduler: Scheduler): World {
  const random = createRandom(scenario.seed, 'run')
  const clock = createFakeClock()
  const seen = new Set<Situation>()
  const note = (situation: Situation): void => void seen.add(situation)
  const planned = planRecords(scenario, random)
  const tables: MemoryTables = new Map([['events', earlierRows(scenario.before, planned)]])
  if (scenario.before === 'otherLog') note('copies from another log lay at the same places')
  if (scenario.before === 'restored') {
    note('other events lay at the same places, of a log that was restored')
  }
  const commitFate = drawer(scenario.commits, 'ok')
  const produceFate = drawer(scenario.produces, 'ok')
  const kafka = createFakeKafka({
    partitionsByTopic: { [TOPIC]: scenario.partitions, [DEAD_LETTERS]: 1 },
    clock,
    faults: {
      commit: () => {
        const fate = commitFate()
        if (fate === 'lost') note('a commit was lost')
        if (fate === 'answerLost') note('a commit was done and its answer lost')
        if (fate === 'late') note('a commit came late')
        return fate
      },
      produce: () => {
        const fate = produceFate()
        if (fate === 'refused' || fate === 'partly') note('a dead letter was not written at first')
        return fate
      },
      lateMs: () => random.logUniform(1, 60_000),
      lateFetches: () => random.pick([0, 0, 1, 3]),
    },
    onCommit: (end) => judge.committed(end),
  })
  const erasure = createErasureOfRun({ clock, tables, note })
  const judge = createJudge({
    planned,
    kafka,
    tables,
    note,
    hasView: scenario.hasView,
    isErased: ({ kind }) => kind === 'erased' && erasure.isAnnounced,
  })
  const refused = new Set(
    planned
      .filter(({ kind }) => kind === 'refused')
      .map((each) => `${each.partition}/${each.offset}`),
  )
  const isAnswered = drawer(scenario.questions, true)
  const registryFate = drawer(scenario.registry, 'ok')
  /** So often the registry does not know the second schema. */
  let unknown = 2
  return {
    scenario,
    scheduler,
    random,
    clock,
    kafka,
    tables,
    planned,
    judge,
    erasure,
    note,
    seen,
    isRefused: ({ partition, offset }) => refused.has(`${partition}/${offset}`),
    next: {
      insert: drawer(scenario.inserts, 'ok'),
      isAnswered: () => {
        const does = isAnswered()
        if (!does) note('a read-back was not answered')
        return does
      },
      registry: (id) => (id === SCHEMA_IDS.unknown && unknown-- > 0 ? 'unknown' : registryFate()),
    },
  }
}

/** Of the logs that the topics are now; one more came before. */
export const GENERATIONS = { tracked: 2, deadLetters: 3 } as const

function earlierRows(before: Scenario['before'], planned: readonly Planned[]): MemoryRow[] {
  if (before === 'nothing') return []
  const isRestored = before === 'restored'
  const generation = isRestored ? GENERATIONS.tracked : 1
  // Offsets of another log may be higher, too.
  const shifts = isRestored ? [0] : [0, 10]
  return planned
    .filter((each) => !isPoison(each))
    .flatMap(({ partition, offset, eventId }) =>
      shifts.map((shift): MemoryRow => {
        const value = earlierValue(isRestored ? `${eventId}, gone` : String(eventId), offset)
        const place = { partition, offset: offset + shift }
        const { block } = transcoder.transcode([{ ...place, value }], generation)
        const whose = { isLate: false, isZombie: false, isLeftOver: false, isInViews: true }
        return { ...place, generation, block, index: 0, isEarlier: true, ...whose }
      }),
    )
}

const transcoder = createTranscoder({ readerSchema: eventAvroSchema, timeColumn: 'received_at' })
transcoder.learn(SCHEMA_IDS.known, eventAvroSchema)

function drawer<T>(values: readonly T[], otherwise: T): () => T {
  let at = 0
  return () => values[at++] ?? otherwise
}

/** Whether every record has been committed over. */
export function isAllCommitted({ planned, kafka, judge }: World): boolean {
  return (
    planned.every(({ partition, offset }) => judge.highest({ topic: TOPIC, partition }) > offset) &&
    judge.highest({ topic: DEAD_LETTERS, partition: 0 }) ===
      kafka.records({ topic: DEAD_LETTERS, partition: 0 }).length
  )
}
