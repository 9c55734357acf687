import { counted } from '../counted.ts'
import { setTimeout as delay } from 'node:timers/promises'
import {
  createProducer,
  erasedTopic,
  followErasures,
  kafkaConfigFrom,
  pinnedGenerations,
  recordedGeneration,
  writeGeneration,
  type Generation,
  type GenerationRecord,
} from '@custom-events/kafka'
import { shardUrls, type Logger } from '@custom-events/runtime'
import type { SetupConfig } from '../config.ts'

const READY_WITHIN_MS = 15_000

/**
 * Announces the generations once more that a topic of erasures has lost which was made anew; nobody is ready before it is complete. In a
 * topic that is, whatever was not announced is not ours to announce. None is said to be open: whoever knows that it is knows
 * it still, and who does not waits.
 *
 * @returns those that are announced then: one that was begun and is not announced nobody reads yet. @throws when Kafka cannot be used within 15 s.
 */
export async function fillGenerations(
  config: SetupConfig,
  log: Logger,
  print: (line: string) => void,
): Promise<readonly Generation[]> {
  const kafka = kafkaConfigFrom(config)
  const pinned = await pinnedGenerations({ kafka, tracked: config.KAFKA_TOPIC, log })
  if (pinned.length === 0) return []
  const shards = shardUrls(config).length
  mustDivide(pinned, shards)
  const topic = erasedTopic(config.KAFKA_TOPIC)
  await using resources = new AsyncDisposableStack()
  const producer = resources.use(
    createProducer({ kafka, partitionCountByTopic: { [topic]: 1 }, log }),
  )
  const erasures = resources.use(followErasures({ kafka, topic, shards, log }))
  const overdueAt = performance.now() + READY_WITHIN_MS
  while (producer.notReadyReason !== null || erasures.ageMs === Infinity) {
    const why = producer.notReadyReason ?? erasures.notReadyReason
    if (performance.now() > overdueAt) throw new Error(why ?? 'Kafka does not answer')
    await delay(50)
  }
  const { announced } = erasures.announcements
  if (erasures.isComplete) return announced
  const told = new Set(announced.map(({ generation }) => generation))
  const lost = pinned.filter(({ generation }) => !told.has(generation))
  const found: GenerationRecord[] = []
  for (const generation of lost) {
    const recorded = await recordedGeneration({ kafka, generation, log })
    found.push({ ...(recorded ?? generation), isOpen: false })
  }
  const records = found.map((each) => ({ topic, partition: 0, ...writeGeneration(each) }))
  const outcomes = await producer.produce(records)
  const refused = outcomes.find(({ status }) => status !== 'acknowledged')
  if (refused !== undefined) throw new Error(`topic ${topic} did not take a generation`)
  for (const each of found) {
    print(`topic ${each.topic}: ${counted(each.partitions, 'partition')}, announced again`)
    if (each.split !== undefined) print(`  split: ${[...each.split.ids].join(', ')}`)
    print(`  note: run \`npm run topic -- grow --partitions ${each.partitions} --yes\` to its end`)
  }
  return [...announced, ...found].toSorted((one, other) => one.generation - other.generation)
}

/** @throws when accounts would be on other shards by a later generation than by the first. */
function mustDivide(pinned: readonly Generation[], shards: number): void {
  const other = pinned.find(({ partitions }) => partitions % shards !== 0)
  if (other === undefined) return
  throw new Error(
    `topic ${other.topic} has ${counted(other.partitions, 'partition')}, no multiple of the ${shards} shards of CLICKHOUSE_SHARD_URLS: ` +
      'accounts would move between them. Name as many shards as when the topic grew; for another number, name a new ' +
      'KAFKA_TOPIC, or grow the topic to a multiple and fill new databases from it (docs/decisions/0058-shards.md)',
  )
}
