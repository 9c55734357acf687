import { setTimeout as delay } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import type { Logger } from '@custom-events/runtime'
import { asking, KafkaProblem } from '../errors/kafka-problem.ts'
import { createKafkaJs } from '../kafkajs/client.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { withAdmin } from './admin-client.ts'
import { changeTopic, ownSettings } from './topic-state.ts'

/** Where the logs of a topic end, with what is older in closed segments. */
export interface ClosedSegments {
  /** The offset of the next record, by partition; those without any record are left out. */
  readonly ends: ReadonlyMap<number, number>
  /** `null`: closed; else why not. */
  readonly openBecause: string | null
}

/** A record that says nothing. */
export interface Filler {
  readonly key: Buffer
  readonly value: Buffer
}

/**
 * Kafka removes whole segments, and never the one that it writes to. So that is closed, by a record that says nothing,
 * written while `segment.ms` is a millisecond.
 *
 * @throws {KafkaProblem}
 */
export async function closeSegments(options: {
  readonly kafka: KafkaConfig
  readonly topic: string
  readonly filler: Filler
  readonly log: Logger
}): Promise<ClosedSegments> {
  const { kafka, topic, log } = options
  return withAdmin(kafka, log, async (admin) => {
    const partitions = (await offsetsOf(admin, topic))
      .filter(({ high }) => Number(high) > 0)
      .map(({ partition }) => partition)
    if (partitions.length === 0) return { ends: new Map(), openBecause: null } // nothing was ever in it
    const openBecause = await whileSegmentsAreShort(admin, topic, () =>
      produceFillers({ ...options, partitions }),
    )
    const ends = (await offsetsOf(admin, topic))
      .filter(({ partition }) => partitions.includes(partition))
      .map(({ partition, high }) => [partition, Number(high)] as const)
    return { ends: new Map(ends), openBecause }
  })
}

/**
 * Deletes the records below these offsets, which nobody can read from then on. Files of closed segments go within
 * Kafka's own intervals: `log.retention.check.interval.ms` (5 minutes) and `file.delete.delay.ms` (1 minute).
 *
 * What no consumer has read yet is lost.
 *
 * @throws {KafkaProblem}
 */
export async function deleteRecordsBefore(options: {
  readonly kafka: KafkaConfig
  readonly topic: string
  readonly ends: ReadonlyMap<number, number>
  readonly log: Logger
}): Promise<void> {
  const { kafka, topic, ends, log } = options
  if (ends.size === 0) return
  const partitions = [...ends].map(([partition, end]) => ({ partition, offset: String(end) }))
  const what = { resource: `records of topic ${topic}`, right: `DELETE on topic ${topic}` }
  await withAdmin(kafka, log, async (admin) => {
    await offsetsOf(admin, topic) // kafkajs deletes only where it has learnt the leaders before
    await asking(what, () => admin.deleteTopicRecords({ topic, partitions }))
  })
}

function offsetsOf(admin: Admin, topic: string) {
  const what = { resource: `topic ${topic}`, right: `DESCRIBE on topic ${topic}` }
  return asking(what, () => admin.fetchTopicOffsets(topic))
}

const SEGMENT_MS = 'segment.ms'
/** While segments are closed. */
const SHORT = '1'

/**
 * What a topic of keys is made with: where segments cannot be closed, the bytes of what was deleted go an hour after the
 * next key.
 */
export const KEYS_TOPIC_SETTINGS = [{ name: SEGMENT_MS, value: '3600000' }] as const

const HEEDED_LOOKS = 50
const HEEDED_PAUSE_MS = 100

/** @returns why they could not be closed: not everybody may change settings. */
async function whileSegmentsAreShort(
  admin: Admin,
  topic: string,
  work: () => Promise<void>,
): Promise<string | null> {
  try {
    const before = (await ownSettings(admin, topic)).find(({ name }) => name === SEGMENT_MS)
    await changeTopic(admin, topic, [{ name: SEGMENT_MS, value: SHORT }])
    try {
      await heeded(admin, topic, SHORT)
      await delay(HEEDED_PAUSE_MS) // the segment must be older than that
      await work()
    } finally {
      // What a killed run has left is nobody's wish.
      const isLeft = before === undefined || before.value === SHORT
      const value = isLeft ? KEYS_TOPIC_SETTINGS[0].value : before.value
      await changeTopic(admin, topic, [{ name: SEGMENT_MS, value }])
    }
    return null
  } catch (error) {
    if (error instanceof KafkaProblem) return `${error.message}: ${error.remedy}`
    throw error
  }
}

async function heeded(admin: Admin, topic: string, value: string): Promise<void> {
  for (let looks = 0; looks < HEEDED_LOOKS; looks++) {
    const found = (await ownSettings(admin, topic)).find(({ name }) => name === SEGMENT_MS)
    if (found?.value === value) return
    await delay(HEEDED_PAUSE_MS)
  }
}

async function produceFillers(options: {
  readonly kafka: KafkaConfig
  readonly topic: string
  readonly partitions: readonly number[]
  readonly filler: Filler
  readonly log: Logger
}): Promise<void> {
  const { kafka, topic, partitions, filler, log } = options
  const retry = { retries: 5, initialRetryTime: 200 }
  const producer = createKafkaJs(kafka, log, { retry }).producer({ allowAutoTopicCreation: false })
  const what = { resource: `topic ${topic}`, right: `WRITE on topic ${topic}` }
  try {
    await asking(what, () => producer.connect())
    const messages = partitions.map((partition) => ({ ...filler, partition }))
    if (messages.length > 0) await asking(what, () => producer.send({ topic, acks: -1, messages }))
  } finally {
    await producer.disconnect().catch(() => {})
  }
}
