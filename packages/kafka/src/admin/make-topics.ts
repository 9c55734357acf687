import type { Admin } from 'kafkajs'
import type { Logger } from '@custom-events/runtime'
import { patiently, WHILE_MADE } from './admin-client.ts'
import { asking, KafkaProblem } from '../errors/kafka-problem.ts'
import { pinTopic } from './partition-pin.ts'
import { changeTopic, readSettings, type SettingChange } from './topic-state.ts'

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
    settings: KEPT,
  })
}

/** What lies in the pin of a later generation is to be read for ever. */
const KEPT: readonly SettingChange[] = [
  { name: 'cleanup.policy', value: 'delete' },
  { name: 'retention.ms', value: '-1' },
  { name: 'retention.bytes', value: '-1' },
]

/**
 * Makes one keep its records that an earlier release made, or a person: it has the broker's retention. Whether it does is not
 * known without the right to see.
 *
 * @throws {KafkaProblem} when it must be changed, and may not be.
 */
export async function keepPin(admin: Admin, pin: string, log: Pick<Logger, 'warn'>): Promise<void> {
  const settings = await patiently(() => readSettings(admin, pin)).catch((error: unknown) => {
    if (!(error instanceof KafkaProblem && error.isRightMissing)) throw error
    log.warn({ topic: pin, err: error, fix: error.remedy }, UNSEEN)
    return null
  })
  if (settings === null) return
  const changes = KEPT.filter(({ name, value }) => settings.get(name) !== value)
  if (changes.length > 0) await changeTopic(admin, pin, changes)
}

const UNSEEN = 'whether what is split stays recorded for ever cannot be seen (retention.ms=-1)'
