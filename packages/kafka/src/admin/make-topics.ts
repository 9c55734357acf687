import type { Admin } from 'kafkajs'
import { patiently, WHILE_MADE } from './admin-client.ts'
import { asking } from '../errors/kafka-problem.ts'
import { pinTopic } from './partition-pin.ts'
import type { SettingChange } from './topic-state.ts'

export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly settings: readonly SettingChange[]
}

/** One that somebody else has made meanwhile is as good. @throws {KafkaProblem} */
export async function makeTopic(admin: Admin, wanted: NewTopic): Promise<void> {
  const { topic, partitions, replicationFactor, settings } = wanted
  const what = { resource: `topic ${topic}`, right: `CREATE and DESCRIBE on topic ${topic}` }
  const topics = [
    { topic, numPartitions: partitions, replicationFactor, configEntries: [...settings] },
  ]
  await asking(what, () =>
    patiently(() => admin.createTopics({ waitForLeaders: true, topics }), WHILE_MADE),
  )
}

/** Records with how many partitions accounts are placed. @throws {KafkaProblem} */
export async function makePin(
  admin: Admin,
  topic: string,
  options: { readonly partitions: number; readonly replicationFactor: number },
): Promise<void> {
  await makeTopic(admin, {
    topic: pinTopic(topic, options.partitions),
    partitions: 1,
    replicationFactor: options.replicationFactor,
    settings: [{ name: 'cleanup.policy', value: 'delete' }],
  })
}
