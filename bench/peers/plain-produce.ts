import { Kafka, logLevel, Partitioners } from 'kafkajs'

/** kafkajs's producer as its documentation shows it: one `send` with all messages, by their keys. */
export async function openPlainProducer(brokers: readonly string[], topic: string) {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.ERROR })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  return {
    send: async (records: readonly { readonly key: Buffer; readonly value: Buffer }[]) => {
      await producer.send({ topic, acks: -1, messages: [...records] })
    },
    [Symbol.asyncDispose]: () => producer.disconnect(),
  }
}
