import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'

const TOPIC = 2
const TIME = 'retention.ms'
const BYTES = 'retention.bytes'

/** What a topic keeps of each partition; where both are set, whatever is reached first. */
export interface Retention {
  /** For how long, in milliseconds; `null`: for ever. */
  readonly ms: number | null
  /** How much; `null`: whatever it is. */
  readonly bytes: number | null
}

/** What each topic keeps. Not there: we may not ask (DescribeConfigs). */
export async function topicRetention(
  cluster: RawCluster,
  topics: readonly string[],
): Promise<ReadonlyMap<string, Retention>> {
  const found = new Map<string, Retention>()
  const [nodeId] = cluster.getNodeIds()
  if (nodeId === undefined) return found
  const broker = await cluster.findBroker({ nodeId })
  for (const name of topics) {
    const resources = [{ type: TOPIC, name, configNames: [TIME, BYTES] }]
    const answer = await broker
      .describeConfigs({ resources, includeSynonyms: false })
      .catch(() => null)
    const entries = answer?.resources.flatMap(({ configEntries }) => configEntries) ?? []
    if (entries.length > 0) found.set(name, retentionOf(entries))
  }
  return found
}

/** Of the settings of a topic; Kafka says -1 for what has no limit. */
export function retentionOf(
  settings: readonly { readonly configName: string; readonly configValue: string | null }[],
): Retention {
  const limit = (name: string): number | null => {
    const value = Number(settings.find(({ configName }) => configName === name)?.configValue ?? -1)
    return value >= 0 ? value : null
  }
  return { ms: limit(TIME), bytes: limit(BYTES) }
}
