import {
  describeAllOutOfRange,
  describeOutOfRange,
  type OutOfRange,
  type Trouble,
} from '@custom-events/kafka'
import type { Logger, Readiness } from '@custom-events/runtime'
import type { RetryReason } from './insert/retry.ts'
import type { ConsumerMetrics } from './metrics.ts'

const BY_ITSELF =
  ': when it is mended, this goes on by itself; if only some records meet it, "One record that nothing takes" in ' +
  'docs/runbook.md is the way past them'

/** Where what was said does not say what a person can do. */
const WAYS_OUT: Readonly<Partial<Record<RetryReason, string>>> = {
  unknown: `: nobody has decided what this code means, look at the log of ClickHouse${BY_ITSELF}`,
  block_refused: BY_ITSELF,
  limit: BY_ITSELF,
}

/** What keeps the loop from inserting, for readiness, log and metrics. */
export interface Status {
  /** An attempt failed; said once per change, then counted. */
  failed(failure: {
    readonly kind: 'retry' | 'halt'
    readonly reason: RetryReason
    readonly error: Error
  }): void
  /** The step that had failed succeeded, or was given up. */
  recovered(): void
  outOfRange(partitions: readonly OutOfRange[]): void
  readiness(kafka: {
    readonly notReadyReason: string | null
    readonly troubles: readonly Trouble[]
  }): Readiness
}

/** @param where said before each reason, such as `shard 2 of 3: `. @default nothing */
export function createStatus(log: Logger, metrics: ConsumerMetrics, where = ''): Status {
  let trouble: { kind: 'retry' | 'halt'; reason: RetryReason; text: string; times: number } | null =
    null
  let lostPartitions: readonly OutOfRange[] = []

  return {
    failed: ({ kind, reason, error }) => {
      metrics.retries.inc({ reason })
      metrics.isHalted.set(kind === 'halt' ? 1 : 0)
      const text = kind === 'halt' ? error.message + (WAYS_OUT[reason] ?? '') : error.message
      if (trouble?.kind === kind && trouble.reason === reason) {
        trouble.times++
        trouble.text = text
        return
      }
      trouble = { kind, reason, text, times: 1 }
      if (kind === 'halt') {
        log.error(
          { reason, err: error },
          `halted: nothing is inserted or committed until this is repaired${WAYS_OUT[reason] ?? ''}`,
        )
      } else {
        log.warn({ reason, err: error }, 'attempt failed, trying again until it succeeds')
      }
    },
    recovered: () => {
      if (trouble === null) return
      log.info({ reason: trouble.reason, failures: trouble.times }, 'going on after failures')
      trouble = null
      metrics.isHalted.set(0)
    },
    outOfRange: (partitions) => {
      lostPartitions = partitions
      metrics.outOfRange.set(partitions.length)
      if (partitions.length === 0) return
      log.error(
        { partitions },
        'what is committed lies outside of the log: set KAFKA_OUT_OF_RANGE=earliest to go on with the earliest ' +
          `record that is left (docs/runbook.md): ${describeAllOutOfRange(partitions)}`,
      )
    },
    readiness: ({ notReadyReason, troubles }) => {
      const reasons = [
        ...(notReadyReason === null ? [] : [notReadyReason]),
        ...troubles.map(({ text }) => text),
        ...(trouble === null
          ? []
          : [
              `${trouble.kind === 'halt' ? 'halted' : 'retrying'} (${trouble.reason}): ${trouble.text}`,
            ]),
        ...lostPartitions.map(describeLoss),
      ]
      return {
        isReady: reasons.length === 0,
        reasons: [...new Set(reasons)].map((reason) => where + reason),
      }
    },
  }
}

function describeLoss(lost: OutOfRange): string {
  return `${lost.topic}/${lost.partition}: ${describeOutOfRange(lost)} (KAFKA_OUT_OF_RANGE)`
}
