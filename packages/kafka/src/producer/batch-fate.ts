import type { Logger } from '@custom-events/runtime'
import type { PartitionBatch } from './accumulator.ts'
import { UNAVAILABLE } from './deliveries.ts'
import { describeKafkaError, kafkaVerdict } from '../errors/kafka-errors.ts'
import type { ProduceHealth } from './produce-health.ts'
import type { BatchResult } from './produce-link.ts'
import { nextStep, type NextStep } from './produce-policy.ts'
import { recordBatchBytes } from '../record-batch/record-batch.ts'
import type { ProduceFailure, ProduceOutcome } from '../records.ts'
import type { TopicLimits } from '../topics/topic-limits.ts'

export const RETRY_DELAY_MS = 100

export type FailedResult = Extract<BatchResult, { status: 'failed' }>

export interface Fate {
  readonly step: NextStep
  readonly failure: ProduceFailure
}

/** Decides what becomes of batches that were not acknowledged, and remembers what that says about their topic. */
export function createFates(parts: {
  readonly limits: TopicLimits
  readonly health: ProduceHealth
  readonly onFailure: (failure: ProduceFailure) => void
  readonly log: Logger
}): (batch: PartitionBatch, result: FailedResult, attempts: number) => Fate {
  const { limits, health, onFailure, log } = parts
  return (batch, { error, isShared = false }, attempts) => {
    const verdict = kafkaVerdict(error)
    const records = batch.records.length
    const step = nextStep({ verdict, records, attempts, hasTime: hasTime(batch), isShared })
    const text = describeKafkaError(error, `${batch.topic}/${batch.partition}`)
    const failure = { class: verdict.class, code: verdict.code, text }
    onFailure(failure)
    log.debug({ err: error, records, step }, 'a batch was not acknowledged')
    if (verdict.cause === 'too_large' && !isShared) {
      limits.of(batch.topic).refused(recordBatchBytes(batch.records))
    } else if (step !== 'split') health.failed(batch, verdict, text)
    return { step, failure }
  }
}

/** Whether somebody will still wait for the next attempt. */
function hasTime({ deliveries }: PartitionBatch): boolean {
  const deadlineMs = deliveries.at(-1)?.deadlineMs ?? 0
  return performance.now() + RETRY_DELAY_MS < deadlineMs
}

/** Tells those who wait for a batch that it is in Kafka. */
export function acknowledge({ deliveries, indices }: PartitionBatch, baseOffset: number): void {
  for (let index = 0; index < deliveries.length; index++) {
    const offset = baseOffset + index
    deliveries[index]?.settle(indices[index] ?? 0, { status: 'acknowledged', offset })
  }
}

/** Tells those who wait for a batch that it is not acknowledged, and why. */
export function giveUp({ deliveries, indices }: PartitionBatch, fate: Fate | null): void {
  const outcome = fate === null ? UNAVAILABLE : outcomeOf(fate)
  for (let index = 0; index < deliveries.length; index++) {
    deliveries[index]?.settle(indices[index] ?? 0, outcome)
  }
}

function outcomeOf({ step, failure }: Fate): ProduceOutcome {
  const reason = step === 'too_large' ? 'record_too_large' : 'kafka_unavailable'
  return { status: 'unacknowledged', reason, failure }
}
