import {
  createClickHouse,
  readLogs,
  registerLogs,
  type RegisteredLog,
} from '@custom-events/clickhouse'
import { inOrderOf } from '@custom-events/consumer'
import { kafkaConfigFrom, pinnedGenerations, readKafkaLogs, topicNames } from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import type { SetupConfig } from '../config.ts'

/** Gives the log of each topic its generation, unless it has one: those of accepted events first, in their order. */
export async function setUpLogs(
  config: SetupConfig,
  log: Logger,
  print: (line: string) => void,
): Promise<void> {
  const { tracked, ...others } = topicNames(config.KAFKA_TOPIC)
  const kafka = kafkaConfigFrom(config)
  const later = await pinnedGenerations({ kafka, tracked, log })
  const topics = [tracked, ...later.map(({ topic }) => topic), ...Object.values(others)]
  const kafkaLogs = inOrderOf(topics, await readKafkaLogs({ kafka, topics, log }))
  await using clickhouse = createClickHouse(config)
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
