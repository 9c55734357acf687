import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@custom-events/runtime'
import { withAdmin } from './admin-client.ts'
import { compareTopic } from './compare-topic.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { asking, KafkaProblem } from '../errors/kafka-problem.ts'
import { pinsOf } from './partition-pin.ts'
import type { Compression } from '../record-batch/compression/compressor.ts'
import type { Producer } from '../producer/producer.ts'
import { readSettings, readTopic } from './topic-state.ts'

/** Whether the topics still keep what this pipeline promises, whoever changed them. */
export interface TopicPromises {
  /** Why nothing may be entrusted to them. */
  readonly refused: readonly string[]
  /** What the operator should know. */
  readonly told: readonly string[]
}

export interface PromisedTopics {
  readonly kafka: KafkaConfig
  readonly partitionCountByTopic: Readonly<Record<string, number>>
  /** The topic whose partitions are the places of accounts, for who places them. @default none */
  readonly placed?: string
  /** What is sent to them, for who produces. @default not known */
  readonly compression?: Compression
  readonly log: Logger
}

/**
 * Looks at the settings of the topics. One that does not exist or may not be described is not this function's matter: whoever
 * uses it says so.
 *
 * @throws {KafkaProblem} when Kafka cannot be asked.
 */
export async function topicPromises(options: PromisedTopics): Promise<TopicPromises> {
  const { placed, partitionCountByTopic, compression } = options
  return withAdmin(options.kafka, options.log, async (admin) => {
    const existing = new Set(await asking(CLUSTER, () => admin.listTopics()))
    const refused: string[] = []
    const told: string[] = []
    for (const [topic, partitions] of Object.entries(partitionCountByTopic)) {
      if (!existing.has(topic)) continue
      const found = await readTopic(admin, topic)
      const settings = await readSettings(admin, topic).catch((error: unknown) => {
        if (!(error instanceof KafkaProblem) || error.isUnreachable) throw error
        told.push(`${error.message}: they cannot be checked. ${error.remedy}`)
        return null
      })
      const pins = topic === placed ? pinsOf(topic, existing) : null
      for (const { severity, text } of compareTopic(
        { ...found, settings },
        { partitions, pins, asked: null, ...(compression === undefined ? {} : { compression }) },
      )) {
        if (severity === 'refused') refused.push(text)
        else told.push(text)
      }
    }
    return { refused, told }
  })
}

const CLUSTER = { resource: 'the list of topics', right: 'DESCRIBE on the topics' }

/** Looks again and again. */
export interface PromiseWatch extends AsyncDisposable {
  /** Why nothing may be entrusted to the topics, or that nobody has looked yet. What was seen last holds. */
  readonly notReadyReason: string | null
}

const LOOK_EVERY_MS = 20_000
/** Somebody is mending it and waits. */
const LOOK_AGAIN_MS = 5_000
const FIRST_LOOK_AGAIN_MS = 1_000

/** Looks at the start and every 20 seconds; tells each change once. */
export function watchTopicPromises(options: PromisedTopics): PromiseWatch {
  const { log } = options
  const closing = new AbortController()
  let refused: readonly string[] | null = null
  let told = ''
  let isUnknown = false

  const look = async (): Promise<void> => {
    try {
      const promises = await Promise.race([topicPromises(options), closed(closing.signal)])
      tellChange(log, refused ?? [], promises.refused)
      refused = promises.refused
      isUnknown = false
      const notes = promises.told.join('; ')
      if (notes !== told && notes !== '')
        log.warn({ notes: promises.told }, 'topics are not as expected')
      told = notes
    } catch (error) {
      isUnknown = true // what was known last holds on; that Kafka is away others tell
      log.debug({ err: error }, 'the settings of the topics could not be read')
    }
  }

  const watch = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await look()
      const again = refused === null ? FIRST_LOOK_AGAIN_MS : LOOK_AGAIN_MS
      const ms = isUnknown || refused === null || refused.length > 0 ? again : LOOK_EVERY_MS
      await delay(ms, null, { signal: closing.signal }).catch(() => {})
    }
  }

  const watching = watch()
  return {
    get notReadyReason() {
      if (refused === null) return 'the settings of the topics were not read yet'
      return refused.length === 0 ? null : refused.join('; ')
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await watching
    },
  }
}

/** A producer that is not ready either while its topics cannot keep what is promised. It closes both. */
export function onPromisedTopics(producer: Producer, watch: PromiseWatch): Producer {
  return {
    produce: (records) => producer.produce(records),
    get notReadyReason() {
      return producer.notReadyReason ?? watch.notReadyReason
    },
    get troubles() {
      return producer.troubles
    },
    maxBatchBytes: (topic) => producer.maxBatchBytes(topic),
    get bufferedBytes() {
      return producer.bufferedBytes
    },
    get isFull() {
      return producer.isFull
    },
    get isHalfFull() {
      return producer.isHalfFull
    },
    [Symbol.asyncDispose]: async () => {
      await watch[Symbol.asyncDispose]()
      await producer[Symbol.asyncDispose]()
    },
  }
}

/** Rejects when closing: a Kafka that says nothing must not hold that up. */
function closed(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function tellChange(log: Logger, before: readonly string[], now: readonly string[]): void {
  if (now.join() === before.join()) return
  if (now.length === 0) log.info('topics keep what was promised again')
  else
    log.error({ reasons: now }, 'topics cannot keep what is promised: not ready (docs/runbook.md)')
}
