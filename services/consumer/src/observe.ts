import type { Erasures, FetchedRecords, MemoryBudget, Shard } from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import type { Completeness } from './complete/completeness.ts'
import type { ConsumeObserver } from './consume.ts'
import type { InsertPorts } from './insert/insert-ports.ts'
import type { ConsumerMetrics } from './metrics.ts'
import { countMisplaced } from './read/misplaced.ts'
import { showReading, type Reading } from './show-reading.ts'

export interface Observers {
  readonly consume: ConsumeObserver
  readonly insert: InsertPorts['observe']
  readonly expose: ConsumerMetrics['expose']
}

/** Turns what happens into metrics, and one log line per batch. */
export function createObservers(options: {
  readonly metrics: ConsumerMetrics
  readonly shard: Shard
  readonly budget: MemoryBudget
  readonly consumer: Reading
  readonly completeness: Pick<Completeness, 'assigned' | 'moved' | 'lost'>
  readonly erasures: Pick<Erasures, 'ids' | 'ageMs'>
  readonly log: Logger
}): Observers {
  const { metrics, shard, budget, consumer, completeness, erasures, log } = options
  const tellGap = createTellGap(log)

  return {
    consume: {
      settled: ({ table }, trigger, batch, settled) => {
        completeness.moved()
        metrics.batches.inc({ trigger })
        metrics.consumed.inc({ table }, batch.records.length)
        if (table === 'events') metrics.misplaced.inc(countMisplaced(batch.records, shard))
        metrics.inserted.inc({ table }, settled.inserted)
        metrics.alreadyThere.inc({ table }, settled.alreadyThere)
        metrics.erased.inc({ table }, settled.erased)
        for (const [reason, count] of Object.entries(settled.undecodable)) {
          metrics.deadLettered.inc({ reason }, count)
        }
        metrics.deadLettered.inc({ reason: 'refused' }, settled.refused)
        if (settled.oldestMs !== null) {
          metrics.delaySeconds.observe(Math.max(0, (Date.now() - settled.oldestMs) / 1_000))
        }
        const { inserted, alreadyThere, erased } = settled
        const deadLettered = batch.records.length - inserted - alreadyThere - erased
        log.debug({ table, trigger, inserted, alreadyThere, erased, deadLettered }, 'batch settled')
        if (deadLettered > 0) log.warn({ table, deadLettered }, 'records were dead-lettered')
      },
      abandoned: (trigger) => {
        metrics.batches.inc({ trigger })
        metrics.abandoned.inc()
        log.info({ trigger }, 'batch given up uncommitted, it is read again by the next owner')
      },
      committed: (isCommitted) => {
        metrics.commits.inc({ outcome: isCommitted ? 'committed' : 'lost' })
      },
      gaps: (fetched, offsets) => {
        metrics.offsetGaps.inc(offsets)
        const { topic, partition, next } = fetched
        completeness.lost({ topic, partition, offset: next })
        tellGap(fetched, offsets)
      },
      assigned: completeness.assigned,
      positions: (_, inDoubt) => metrics.inDoubt.set(inDoubt),
    },
    insert: {
      insertSeconds: (seconds) => metrics.insertSeconds.observe(seconds),
      readBack: (cause) => metrics.readBacks.inc({ cause }),
    },
    expose: () => {
      showReading(metrics, consumer, Date.now())
      metrics.memoryBytes.set(budget.usedBytes)
      metrics.erasures.set(erasures.ids.size)
      if (erasures.ageMs < Infinity) metrics.erasuresAge.set(erasures.ageMs / 1_000)
      metrics.isPaused.set(budget.isPaused ? 1 : 0)
      metrics.pauses.set(budget.pauses)
      return metrics.expose()
    },
  }
}

/** A compacted topic has gaps in every fetch. */
const TELL_GAPS_EVERY_MS = 60_000

/** Counts them all, and tells of one now and then. */
function createTellGap(log: Logger) {
  let toldAt = -Infinity
  return ({ topic, partition, from, next }: FetchedRecords, offsets: number): void => {
    if (performance.now() - toldAt < TELL_GAPS_EVERY_MS) return
    toldAt = performance.now()
    log.warn(
      { topic, partition, from, next, offsets },
      'offsets are missing that no transaction explains: is the topic compacted, or did Kafka lose records?',
    )
  }
}
