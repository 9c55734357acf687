import { setTimeout as delay } from 'node:timers/promises'
import {
  createProducer,
  erasedTopic,
  followErasures,
  kafkaConfigFrom,
  pinnedGenerations,
  writeGeneration,
} from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import type { SetupConfig } from '../config.ts'

const READY_WITHIN_MS = 15_000

/**
 * Announces the generations once more that a topic of erasures has lost which was made anew; nobody is ready before it is complete. In a
 * topic that is, whatever was not announced is not ours to announce. None is said to be open: whoever knows that it is knows
 * it still, and who does not waits.
 *
 * @throws when Kafka cannot be used within 15 s.
 */
export async function fillGenerations(
  config: SetupConfig,
  log: Logger,
  print: (line: string) => void,
): Promise<void> {
  const kafka = kafkaConfigFrom(config)
  const pinned = await pinnedGenerations({ kafka, tracked: config.KAFKA_TOPIC, log })
  if (pinned.length === 0) return
  const topic = erasedTopic(config.KAFKA_TOPIC)
  await using resources = new AsyncDisposableStack()
  const producer = resources.use(
    createProducer({ kafka, partitionCountByTopic: { [topic]: 1 }, log }),
  )
  const erasures = resources.use(followErasures({ kafka, topic, log }))
  const overdueAt = performance.now() + READY_WITHIN_MS
  while (producer.notReadyReason !== null || erasures.ageMs === Infinity) {
    const why = producer.notReadyReason ?? erasures.notReadyReason
    if (performance.now() > overdueAt) throw new Error(why ?? 'Kafka does not answer')
    await delay(50)
  }
  if (erasures.isComplete) return
  const told = new Set(erasures.announcements.announced.map(({ generation }) => generation))
  const lost = pinned.filter(({ generation }) => !told.has(generation))
  const records = lost.map((each) => ({
    topic,
    partition: 0,
    ...writeGeneration({ ...each, isOpen: false }),
  }))
  const outcomes = await producer.produce(records)
  const refused = outcomes.find(({ status }) => status !== 'acknowledged')
  if (refused !== undefined) throw new Error(`topic ${topic} did not take a generation`)
  for (const { topic: name, partitions } of lost) {
    print(`topic ${name}: ${partitions} partitions, announced again`)
    print(`  note: run \`npm run topic -- grow --partitions ${partitions} --yes\` to its end`)
  }
}
