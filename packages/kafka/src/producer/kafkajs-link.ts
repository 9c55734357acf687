import kafkajs, { type Kafka } from 'kafkajs'
import { REPLICAS_TIMEOUT_MS, type LinkBatch, type ProduceLink } from './produce-link.ts'

/**
 * kafkajs's own producer: for brokers whose produce requests direct-link.ts does not know, and what it is
 * compared with. Its errors are of a whole request, so batches that failed together are tried apart.
 */
export async function openKafkaJsLink(kafka: Kafka): Promise<ProduceLink> {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  try {
    await producer.connect()
  } catch (error) {
    await producer.disconnect().catch(() => {})
    throw error
  }
  return {
    group: (batches) => [batches],
    send: async (batches) => {
      try {
        const acks = -1
        const topicMessages = batches.map(toTopicMessages)
        const metadata = await producer.sendBatch({
          acks,
          timeout: REPLICAS_TIMEOUT_MS,
          topicMessages,
        })
        const offsets = new Map(
          metadata.map(({ topicName, partition, baseOffset }) => [
            `${topicName}/${partition}`,
            Number(baseOffset),
          ]),
        )
        return batches.map(({ topic, partition }) => {
          const baseOffset = offsets.get(`${topic}/${partition}`)
          if (baseOffset !== undefined) return { status: 'acknowledged', baseOffset }
          return { status: 'failed', error: new Error('no offset'), isShared: true }
        })
      } catch (error) {
        return batches.map(() => ({ status: 'failed', error, isShared: batches.length > 1 }))
      }
    },
    refresh: async () => {}, // kafkajs does it after the errors that call for it
    close: () => producer.disconnect(),
  }
}

function toTopicMessages({ topic, partition, records }: LinkBatch) {
  return {
    topic,
    messages: records.map(({ key, value, headers }) => ({
      key,
      value,
      partition,
      ...(headers === undefined ? {} : { headers }),
    })),
  }
}
