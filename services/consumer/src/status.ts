import type { OutOfRange, Trouble } from '@custom-events/kafka'
import type { Logger, Readiness } from '@custom-events/service'
import type { RetryReason } from './retry.ts'
import type { ConsumerMetrics } from './metrics.ts'

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

export function createStatus(log: Logger, metrics: ConsumerMetrics): Status {
  let trouble: { kind: 'retry' | 'halt'; reason: RetryReason; text: string; times: number } | null =
    null
  let lostPartitions: readonly OutOfRange[] = []

  return {
    failed: ({ kind, reason, error }) => {
      metrics.retries.inc({ reason })
      metrics.isHalted.set(kind === 'halt' ? 1 : 0)
      if (trouble?.kind === kind && trouble.reason === reason) {
        trouble.times++
        trouble.text = error.message
        return
      }
      trouble = { kind, reason, text: error.message, times: 1 }
      if (kind === 'halt') {
        log.error(
          { reason, err: error },
          'halted: nothing is inserted or committed until this is repaired',
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
        'records were deleted from Kafka before they were inserted: set KAFKA_OUT_OF_RANGE=earliest ' +
          'to go on without them',
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
      return { isReady: reasons.length === 0, reasons: [...new Set(reasons)] }
    },
  }
}

function describeLoss({ topic, partition, committed, earliest, latest }: OutOfRange): string {
  return (
    `${topic}/${partition}: committed offset ${committed} is out of range, ` +
    `Kafka has ${earliest} to ${latest}`
  )
}
