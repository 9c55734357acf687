import type { Logger } from '@custom-events/runtime'
import { withAdmin } from '../admin/admin-client.ts'
import { keepPin } from '../admin/make-topics.ts'
import { pinTopic } from '../admin/partition-pin.ts'
import { followTopic, type TopicReader } from '../erasures/follow-topic.ts'
import { KafkaCodeError } from '../errors/kafka-errors.ts'
import { KafkaProblem } from '../errors/kafka-problem.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { createProducer } from '../producer/producer.ts'
import {
  readGeneration,
  writeGeneration,
  type Generation,
  type GenerationRecord,
} from './generation-record.ts'
import { untilDone } from './until-done.ts'

interface Options {
  readonly kafka: KafkaConfig
  readonly generation: Generation
  readonly log: Logger
}

const DENIED = new KafkaCodeError(29) // TOPIC_AUTHORIZATION_FAILED
const WITHIN_MS = 15_000
const WAIT_MS = 200

/**
 * A generation as it was begun: which accounts are split has no room in the name of a topic, so it is the first record of the
 * topic whose name records the partitions. That outlives the topic of erasures, and of two who begin one generation at the same
 * moment Kafka says who was the first.
 *
 * @returns `null` when nothing is recorded: no account is split in it.
 * @throws {KafkaProblem} at once when a right is missing.
 * @throws when Kafka does not answer within 15 s, or nobody understands what is recorded.
 */
export async function recordedGeneration(options: Options): Promise<GenerationRecord | null> {
  const topic = recordTopic(options.generation)
  const found: (GenerationRecord | string)[] = []
  const reader: TopicReader = {
    record: ({ key, value }) => {
      if (found.length === 0) found.push(readGeneration(key?.toString('utf8') ?? '', value))
    },
    forget: () => void found.splice(0),
  }
  await using follower = followTopic({ ...options, topic, reader })
  const isRead = async () => (await follower.read(WAIT_MS)) || found.length > 0
  await untilDone(isRead, () => `topic ${topic} was not read to its end`, WITHIN_MS)
  const [first] = found
  if (typeof first === 'string')
    throw new Error(`the first record of topic ${topic} is not understood: ${first}`)
  return first ?? null
}

/**
 * Records it, unless one is recorded already, where it is kept for ever.
 *
 * @returns what is recorded then: perhaps another's. @throws {KafkaProblem} when a right is missing. @throws
 */
export async function recordGeneration(options: Options): Promise<GenerationRecord> {
  const topic = recordTopic(options.generation)
  const { kafka, log } = options
  await withAdmin(kafka, log, (admin) => keepPin(admin, topic, log))
  const before = await recordedGeneration(options)
  if (before !== null) return before
  await using producer = createProducer({ kafka, partitionCountByTopic: { [topic]: 1 }, log })
  const isReady = (): boolean => {
    if (producer.troubles.some(({ code }) => code === DENIED.type))
      throw new KafkaProblem(
        { resource: `topic ${topic}`, right: `WRITE on topic ${topic}` },
        DENIED,
      )
    return producer.notReadyReason === null
  }
  const whyNot = () =>
    `topic ${topic} cannot be written to (${producer.notReadyReason ?? 'not yet'})`
  await untilDone(isReady, whyNot, WITHIN_MS)
  const record = { ...options.generation, isOpen: false }
  const [outcome] = await producer.produce([{ topic, partition: 0, ...writeGeneration(record) }])
  if (outcome?.status !== 'acknowledged')
    throw new Error(`topic ${topic} did not take a record: ${outcome?.reason ?? 'no answer'}`)
  const found = await recordedGeneration(options)
  if (found === null) throw new Error(`topic ${topic} took a record, and does not show it`)
  return found
}

function recordTopic({ topic, partitions }: Generation): string {
  return pinTopic(topic, partitions)
}
