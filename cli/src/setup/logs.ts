import {
  readLogs,
  registerLogs,
  type OpenShard,
  type RegisteredLog,
} from '@custom-events/clickhouse'
import { inOrderOf } from '@custom-events/consumer'
import { kafkaConfigFrom, readKafkaLogs, topicNames, type Generation } from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import type { SetupConfig } from '../config.ts'
import { sayingOf } from '../shards/open.ts'

/**
 * Gives the log of each topic its generation, unless it has one, on every shard: those of accepted events first, in their order.
 * None of a topic that was made and not announced: with a log that nobody reads yet `complete_until` would not be known.
 */
export async function setUpLogs(
  {
    config,
    log,
    shards,
    announced,
  }: {
    readonly config: SetupConfig
    readonly log: Logger
    readonly shards: readonly OpenShard[]
    /** Later generations of the topic, the oldest first. */
    readonly announced: readonly Generation[]
  },
  print: (line: string) => void,
): Promise<void> {
  const { tracked, ...others } = topicNames(config.KAFKA_TOPIC)
  const kafka = kafkaConfigFrom(config)
  const topics = [tracked, ...announced.map(({ topic }) => topic), ...Object.values(others)]
  const kafkaLogs = inOrderOf(topics, await readKafkaLogs({ kafka, topics, log }))
  for (const shard of shards) {
    await registerOn(shard.clickhouse, kafkaLogs, sayingOf(shard, print))
  }
}

async function registerOn(
  clickhouse: OpenShard['clickhouse'],
  kafkaLogs: Parameters<typeof registerLogs>[1],
  print: (line: string) => void,
): Promise<void> {
  const registered = await registerLogs(clickhouse, kafkaLogs, 'setup')
  for (const { topic, generation } of registered) print(`log of ${topic}: generation ${generation}`)
  const all = await readLogs(clickhouse)
  const newer = newerLogs(registered, all)
  if (newer.length === 0) return
  print(
    `note: ${newer.join(', ')} came later: of two copies of one event the one from there stays visible, ` +
      'whichever was sent last (docs/operators.md, Another topic or Kafka)',
  )
}

/** Topics of accepted events whose logs have a higher generation than ours; each has a topic of dead letters. */
function newerLogs(
  [ours]: readonly RegisteredLog[],
  all: readonly RegisteredLog[],
): readonly string[] {
  const topics = new Set(all.map(({ topic }) => topic))
  return all
    .filter(({ generation }) => generation > (ours?.generation ?? 0))
    .filter(({ topic }) => topics.has(topicNames(topic).deadLetters))
    .map(({ topic, generation }) => `${topic} (generation ${generation})`)
}
