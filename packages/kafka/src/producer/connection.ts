import { setTimeout as delay } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import { fullJitter, type Logger } from '@custom-events/runtime'
import { createKafkaJs } from '../kafkajs/client.ts'
import { describeKafkaError, NoAnswer } from '../errors/kafka-errors.ts'
import { startingAt, type KafkaConfig } from '../kafkajs/kafka-config.ts'
import { describeMissing } from '../topics/missing-topics.ts'
import { lacksReplicas } from '../topics/replicas.ts'

/** Whether Kafka can be used now, kept true by a loop that never gives up. */
export interface Connection extends AsyncDisposable {
  /** `null` when ready, else why not, in words. */
  readonly notReadyReason: string | null
  /** An operation failed: look again now rather than trusting the last look. */
  suspect(error: unknown): void
}

const PROBE_TIMEOUT_MS = 4_000
const RETRY = { baseMs: 200, maxMs: 1_000 }
/** Suspicion can come with every failed request; looking costs a connection. */
const MIN_BETWEEN_LOOKS_MS = 500
/** Brokers that are asked at once; with so many of them away nothing could be produced anyway. */
const MAX_BROKERS_ASKED = 3

/**
 * Watches Kafka: connects, checks that each topic has its partitions, and says so.
 * While ready it looks only when `suspect` is called; while not ready it looks about once a second.
 *
 * @param options.open brings the user of the connection up, by way of a broker that has just answered;
 * called on every return to ready.
 * @param options.close takes it down, so that no dead socket survives an outage.
 */
export function watchConnection(options: {
  readonly kafka: KafkaConfig
  readonly partitionCountByTopic: Readonly<Record<string, number>>
  readonly log: Logger
  readonly open: (kafka: Kafka) => Promise<void>
  readonly close: () => Promise<void>
}): Connection {
  const { partitionCountByTopic, log, open, close } = options
  const clients = options.kafka.brokers
    .slice(0, MAX_BROKERS_ASKED)
    .map((_, turn) => createKafkaJs(startingAt(options.kafka, turn), log))
  const stopping = new AbortController()
  let notReadyReason: string | null = 'connecting to Kafka'
  let wake = (): void => {}
  let mayLackReplicas = false

  const pause = async (ms: number): Promise<void> => {
    await delay(Math.max(0, ms), null, { signal: stopping.signal }).catch(() => {})
  }

  const look = async (): Promise<string | null> => {
    try {
      const { kafka, missing } = await firstAnswer(clients, (client) =>
        describeMissing(client, partitionCountByTopic, mayLackReplicas),
      )
      if (missing === null) mayLackReplicas = false
      if (missing === null && notReadyReason !== null) await withTimeout(open(kafka))
      return missing
    } catch (error) {
      return describeKafkaError(error)
    }
  }

  const watch = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted;) {
      const suspected = new Promise<void>((resolve) => (wake = resolve))
      const reason = await look()
      if (reason !== null && notReadyReason === null) await close().catch(() => {})
      if (reason !== notReadyReason) logChange(log, notReadyReason, reason)
      notReadyReason = reason
      failures = reason === null ? 0 : failures + 1
      if (reason === null) {
        const lookedAt = performance.now()
        await Promise.race([suspected, aborted(stopping.signal)])
        await pause(lookedAt + MIN_BETWEEN_LOOKS_MS - performance.now())
      } else await pause(fullJitter(failures, RETRY))
    }
  }

  const watching = watch()
  return {
    get notReadyReason() {
      return notReadyReason
    },
    suspect: (error) => {
      mayLackReplicas ||= lacksReplicas(error)
      wake()
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await watching
      notReadyReason = 'closed'
      await close().catch(() => {})
    },
  }
}

/** Asks every broker at once: a broker that is down, or hangs, is not the cluster. */
async function firstAnswer(
  clients: readonly Kafka[],
  ask: (kafka: Kafka) => Promise<string | null>,
): Promise<{ readonly kafka: Kafka; readonly missing: string | null }> {
  const asked = clients.map(async (kafka) => ({ kafka, missing: await withTimeout(ask(kafka)) }))
  try {
    return await Promise.any(asked)
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error
  }
}

function logChange(log: Logger, before: string | null, now: string | null): void {
  if (now === null) log.info('Kafka is ready')
  else if (before === null) log.error({ reason: now }, 'Kafka is lost; retrying until it is back')
  else log.warn({ reason: now }, 'Kafka is not ready; retrying')
}

async function withTimeout<T>(operation: Promise<T>): Promise<T> {
  const timeout = new AbortController()
  try {
    return await Promise.race([
      operation,
      delay(PROBE_TIMEOUT_MS, null, { signal: timeout.signal }).then(() => {
        throw new NoAnswer(PROBE_TIMEOUT_MS)
      }),
    ])
  } finally {
    timeout.abort()
    operation.catch(() => {}) // it may still fail after the time-out; that failure was reported
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
