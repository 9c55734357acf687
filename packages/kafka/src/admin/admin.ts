import type { Admin } from 'kafkajs'
import type { Logger } from '@custom-events/runtime'
import { patiently, WHILE_MADE, withAdmin } from './admin-client.ts'
import { compareTopic, settingsOfNew } from './compare-topic.ts'
import { findCoordinator } from '../group/group-coordinator.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { asking, KafkaProblem } from '../errors/kafka-problem.ts'
import { makePin, makeTopic } from './make-topics.ts'
import { pinsOf } from './partition-pin.ts'
import type { FoundTopic, TopicFinding, TopicSettings } from './topic-finding.ts'
import { changeTopic, readSettings, readTopic, type SettingChange } from './topic-state.ts'
import type { TopicNames } from '../topics/topics.ts'

export interface TopicResult {
  readonly topic: string
  readonly partitions: number
  readonly isNew: boolean
  /** What was changed, and what the operator should know: sentences that name the topic. */
  readonly notes: readonly string[]
}

/** Topics that cannot carry the pipeline as they are; each with the way out. */
export class TopicsRefused extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n  '))
    this.name = 'TopicsRefused'
  }
}

/**
 * Creates the topics that are missing. One that exists is compared with what is asked: what can be changed without
 * harm is changed, what is merely unexpected is told, anything else is refused.
 *
 * @param options.placed topics whose partitions are the places of accounts: their number is recorded.
 * @throws {TopicsRefused} before any setting is changed.
 * @throws {KafkaProblem}
 */
export async function createTopics(options: {
  readonly kafka: KafkaConfig
  readonly partitionCountByTopic: Readonly<Record<string, number>>
  readonly placed?: readonly string[]
  /** Of these topics only the last record of each key counts, for ever. @default none */
  readonly compacted?: readonly string[]
  readonly settings: TopicSettings
  /** What these topics have beside those. @default nothing */
  readonly ownSettings?: Readonly<Record<string, readonly SettingChange[]>>
  readonly log: Logger
}): Promise<readonly TopicResult[]> {
  const { placed = [], settings, compacted = [] } = options
  const { replicationFactor } = settings
  return withAdmin(options.kafka, options.log, async (admin) => {
    const existing = new Set(await asking(CLUSTER, () => admin.listTopics()))
    const pinsByTopic = new Map(placed.map((topic) => [topic, pinsOf(topic, existing)]))
    const states: State[] = []
    for (const [topic, partitions] of Object.entries(options.partitionCountByTopic)) {
      const isNew = !existing.has(topic)
      if (isNew) {
        const own = [
          ...settingsOfNew(settings, compacted.includes(topic)),
          ...(options.ownSettings?.[topic] ?? []),
        ]
        await makeTopic(admin, { topic, partitions, replicationFactor, settings: own })
      }
      states.push({ isNew, ...(await readState(admin, topic)) })
    }
    const findings = states.flatMap(({ found }) =>
      compareTopic(found, {
        partitions: options.partitionCountByTopic[found.topic] ?? 0,
        pins: pinsByTopic.get(found.topic) ?? null,
        asked: settings,
        isCompacted: compacted.includes(found.topic),
        own: options.ownSettings?.[found.topic] ?? [],
      }),
    )
    refuse(findings.filter(({ severity }) => severity === 'refused').map(({ text }) => text))
    const results: TopicResult[] = []
    for (const { found, isNew, unread } of states) {
      const { topic, partitions } = found
      const notes = await settle(
        admin,
        topic,
        findings.filter((finding) => finding.topic === topic),
      )
      results.push({ topic, partitions, isNew, notes: [...unread, ...notes] })
    }
    for (const [topic, pins] of pinsByTopic) {
      if (pins.length > 0) continue
      const partitions = options.partitionCountByTopic[topic] ?? 0
      await makePin(admin, topic, { partitions, replicationFactor })
    }
    return results
  })
}

const CLUSTER = { resource: 'the list of topics', right: 'DESCRIBE on the topics' }

interface State {
  readonly found: FoundTopic
  readonly isNew: boolean
  /** Why its settings are not known, for the operator. */
  readonly unread: readonly string[]
}

async function readState(admin: Admin, topic: string): Promise<Omit<State, 'isNew'>> {
  const found = await patiently(() => readTopic(admin, topic), WHILE_MADE)
  try {
    return { found: { ...found, settings: await readSettings(admin, topic) }, unread: [] }
  } catch (error) {
    if (!(error instanceof KafkaProblem)) throw error
    return { found, unread: [`${error.message}: they were not checked. ${error.remedy}`] }
  }
}

/** @throws {TopicsRefused} when there is a problem. */
function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new TopicsRefused(problems)
}

/** Changes what can be changed. A Kafka that forbids it is no harm where the pipeline works without. */
async function settle(
  admin: Admin,
  topic: string,
  findings: readonly TopicFinding[],
): Promise<readonly string[]> {
  const told = findings.filter(({ severity }) => severity === 'told').map(({ text }) => text)
  const mends = findings.flatMap((finding) =>
    finding.change === null ? [] : [{ ...finding, change: finding.change }],
  )
  if (mends.length === 0) return told
  try {
    await changeTopic(
      admin,
      topic,
      mends.map(({ change }) => change),
    )
    return [...told, ...mends.map(({ text, change }) => `${text}; now ${change.value}`)]
  } catch (error) {
    if (!(error instanceof KafkaProblem)) throw error
    const why = (text: string): string =>
      `${text}, and it cannot be changed (${error.message}): ${error.remedy}, or change it yourself`
    refuse(mends.filter(({ isVital }) => isVital).map(({ text }) => why(text)))
    return [...told, ...mends.map(({ text }) => why(text))]
  }
}

/**
 * Sets how many in-sync replicas must have a record of the topic before it is acknowledged. With more than
 * there are, Kafka refuses every record of it.
 *
 * @throws {KafkaProblem}
 */
export async function demandReplicas(options: {
  readonly kafka: KafkaConfig
  readonly topic: string
  readonly minInsyncReplicas: number
  readonly log: Logger
}): Promise<void> {
  const value = String(options.minInsyncReplicas)
  await withAdmin(options.kafka, options.log, (admin) =>
    changeTopic(admin, options.topic, [{ name: 'min.insync.replicas', value }]),
  )
}

/**
 * Makes Kafka create its offsets topic, so that the first consumer does not meet
 * "the group coordinator is not available".
 *
 * @throws {KafkaProblem}
 */
export async function prepareConsumerGroup(options: {
  readonly kafka: KafkaConfig
  readonly consumerGroup: string
  readonly topics: TopicNames
  readonly log: Logger
}): Promise<void> {
  const { consumerGroup: groupId } = options
  const what = {
    resource: `consumer group ${groupId}`,
    right: `DESCRIBE on group ${groupId} and on topic ${options.topics.tracked}`,
  }
  await asking(what, () =>
    withAdmin(options.kafka, options.log, (admin) =>
      patiently(async () => {
        await findCoordinator(options.kafka, groupId, options.log)
        await admin.fetchOffsets({ groupId, topics: [options.topics.tracked] })
      }),
    ),
  )
}
