import kafkajs, { type Message } from 'kafkajs'
import type { Logger } from '@custom-events/runtime'
import { createKafkaJs } from '../kafkajs/client.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'

/**
 * Produces, to partition 0 of a topic, what our producer never does: compressed records, transactions that
 * are committed or aborted, values and keys that are missing, headers that repeat.
 *
 * @returns the values that a reader of committed records is to see, in their order.
 */
export async function produceOddly(
  kafka: KafkaConfig,
  topic: string,
  log: Logger,
): Promise<readonly (string | null)[]> {
  const client = createKafkaJs(kafka, log, { retry: { retries: 5 } })
  const plain = client.producer({ allowAutoTopicCreation: false })
  const transactional = client.producer({
    allowAutoTopicCreation: false,
    transactionalId: `${topic}-odd`,
    maxInFlightRequests: 1,
    idempotent: true,
  })
  await Promise.all([plain.connect(), transactional.connect()])
  const seen: (string | null)[] = []
  const sendPlainly = async (values: readonly (string | null)[]): Promise<void> => {
    await plain.send({ topic, messages: values.map(messageOf) })
    seen.push(...values)
  }
  await sendPlainly(['first', null, 'third'])
  const gzip = ['zipped one', 'zipped two']
  await plain.send({
    topic,
    messages: gzip.map(messageOf),
    compression: kafkajs.CompressionTypes.GZIP,
  })
  seen.push(...gzip)
  const committed = await transactional.transaction()
  await committed.send({ topic, messages: [messageOf('committed')] })
  await committed.commit()
  seen.push('committed')
  const aborted = await transactional.transaction()
  await aborted.send({ topic, messages: [messageOf('aborted')] })
  await aborted.abort()
  await sendPlainly(['last'])
  await Promise.all([plain.disconnect(), transactional.disconnect()])
  return seen
}

function messageOf(value: string | null): Message {
  const headers = { one: 'a', list: ['b', 'c'] }
  return { partition: 0, key: value === 'third' ? null : 'key', value, headers }
}
