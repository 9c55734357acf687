import kafkajs, { type Admin } from 'kafkajs'
import type { FoundTopic } from './topic-finding.ts'
import { asking } from '../errors/kafka-problem.ts'

/** What is to be changed of a topic's settings. */
export interface SettingChange {
  readonly name: string
  readonly value: string
}

/** @throws {KafkaProblem} when it does not exist, or may not be described. */
export async function readTopic(admin: Admin, name: string): Promise<FoundTopic> {
  const what = { resource: `topic ${name}`, right: `DESCRIBE on topic ${name}` }
  const { topics } = await asking(what, () => admin.fetchTopicMetadata({ topics: [name] }))
  const partitions = topics.find((topic) => topic.name === name)?.partitions ?? []
  return {
    topic: name,
    partitions: partitions.length,
    replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    settings: null,
  }
}

/** What applies to a topic, also by the broker's defaults. @throws {KafkaProblem} when we may not know. */
export async function readSettings(
  admin: Admin,
  name: string,
): Promise<ReadonlyMap<string, string>> {
  const entries = await describe(admin, name)
  return new Map(entries.map(({ configName, configValue }) => [configName, configValue]))
}

/**
 * Changes settings of a topic and keeps the others. AlterConfigs, all that kafkajs has (KIP-339 came after it),
 * sets back to the broker's what it does not name.
 *
 * @throws {KafkaProblem}
 */
export async function changeTopic(
  admin: Admin,
  name: string,
  changes: readonly SettingChange[],
): Promise<void> {
  const changed = new Set(changes.map((change) => change.name))
  const own = (await ownSettings(admin, name)).filter((entry) => !changed.has(entry.name))
  const configEntries = [...own, ...changes]
  const what = { resource: `topic ${name}`, right: `ALTER_CONFIGS on topic ${name}` }
  await asking(what, () =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ ...topicResource(name), configEntries }],
    }),
  )
}

/** What is set for the topic itself. @throws {KafkaProblem} */
export async function ownSettings(admin: Admin, name: string): Promise<readonly SettingChange[]> {
  return (await describe(admin, name))
    .filter(({ configSource }) => configSource === kafkajs.ConfigSource.TOPIC_CONFIG)
    .map(({ configName, configValue }) => ({ name: configName, value: configValue }))
}

async function describe(admin: Admin, name: string) {
  const what = {
    resource: `settings of topic ${name}`,
    right: `DESCRIBE_CONFIGS on topic ${name}`,
  }
  const { resources } = await asking(what, () =>
    admin.describeConfigs({ includeSynonyms: false, resources: [topicResource(name)] }),
  )
  return resources.flatMap(({ configEntries }) => configEntries)
}

export function topicResource(name: string) {
  return { type: kafkajs.ConfigResourceTypes.TOPIC, name }
}
