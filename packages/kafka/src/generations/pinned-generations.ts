import type { Logger } from '@custom-events/runtime'
import { withAdmin } from '../admin/admin-client.ts'
import { pinsOf } from '../admin/partition-pin.ts'
import { asking } from '../errors/kafka-problem.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { generationTopic, type Generation } from './generation-record.ts'

/**
 * The generations after the first, as the names of topics record them: each was made, and accounts may have been
 * placed in it. They outlive the topic of erasures.
 *
 * @throws {KafkaProblem}
 */
export async function pinnedGenerations(options: {
  readonly kafka: KafkaConfig
  readonly tracked: string
  readonly log: Logger
}): Promise<readonly Generation[]> {
  const what = { resource: 'the list of topics', right: 'DESCRIBE on the topics' }
  const names = await withAdmin(options.kafka, options.log, (admin) =>
    asking(what, () => admin.listTopics()),
  )
  const found: Generation[] = []
  for (let generation = 2; ; generation++) {
    const topic = generationTopic(options.tracked, generation)
    const [partitions] = pinsOf(topic, names)
    if (partitions === undefined) return found
    found.push({ generation, topic, partitions })
  }
}
