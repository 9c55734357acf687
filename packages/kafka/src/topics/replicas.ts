import kafkajs, { type Admin, type ITopicMetadata } from 'kafkajs'

const NAME = 'min.insync.replicas'
const TOO_FEW = new Set(['NOT_ENOUGH_REPLICAS', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'])

/** Whether a produce request failed because too few replicas are in sync. */
export function lacksReplicas(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const type = 'type' in error ? error.type : null
  return (typeof type === 'string' && TOO_FEW.has(type)) || lacksReplicas(error.cause)
}

/**
 * Asks how many replicas each topic needs.
 *
 * @returns why nothing can be produced to one of them, or `null`, also when we may not know.
 */
export async function shortOfReplicas(
  admin: Admin,
  topics: readonly ITopicMetadata[],
): Promise<string | null> {
  const resources = topics.map(({ name }) => ({
    type: kafkajs.ConfigResourceTypes.TOPIC,
    name,
    configNames: [NAME],
  }))
  try {
    const answer = await admin.describeConfigs({ includeSynonyms: false, resources })
    const neededByTopic = new Map(
      answer.resources.map(({ resourceName, configEntries }) => {
        const entry = configEntries.find(({ configName }) => configName === NAME)
        return [resourceName, Number(entry?.configValue ?? 1)]
      }),
    )
    return shortage(topics, neededByTopic)
  } catch {
    return null // no right to ask (DescribeConfigs): then requests say so, one by one
  }
}

/**
 * Kafka answers as ever while it has too few replicas to take a record with acks=-1. A topic of which only
 * some partitions are short is still of use: their accounts are told to try again, the others go on.
 */
export function shortage(
  topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly isr: readonly number[]
      readonly replicas: readonly number[]
    }[]
  }[],
  neededByTopic: ReadonlyMap<string, number>,
): string | null {
  for (const { name, partitions } of topics) {
    const needed = neededByTopic.get(name) ?? 1
    // Kafka asks for no more replicas than there are: KIP-966.
    const isShort = partitions.every(
      ({ isr, replicas }) => isr.length < Math.min(needed, replicas.length),
    )
    if (isShort) {
      return (
        `topic ${name}: no partition has the replicas in sync that ${NAME}=${needed} asks for: ` +
        'start the brokers that are away'
      )
    }
  }
  return null
}
