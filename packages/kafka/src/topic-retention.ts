import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'

const TOPIC = 2
const TIME = 'retention.ms'
const BYTES = 'retention.bytes'

/**
 * For how many milliseconds each topic keeps a record. Not there: we may not ask (DescribeConfigs), or it is
 * kept for ever, or what is kept depends on bytes, of which nobody knows how soon they come.
 */
export async function topicRetention(
  cluster: RawCluster,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  const [nodeId] = cluster.getNodeIds()
  if (nodeId === undefined) return found
  const broker = await cluster.findBroker({ nodeId })
  for (const name of topics) {
    const resources = [{ type: TOPIC, name, configNames: [TIME, BYTES] }]
    const answer = await broker
      .describeConfigs({ resources, includeSynonyms: false })
      .catch(() => null)
    const entries = answer?.resources.flatMap(({ configEntries }) => configEntries) ?? []
    const valueOf = (config: string) =>
      Number(entries.find(({ configName }) => configName === config)?.configValue ?? -1)
    if (valueOf(TIME) > 0 && valueOf(BYTES) < 0) found.set(name, valueOf(TIME))
  }
  return found
}
