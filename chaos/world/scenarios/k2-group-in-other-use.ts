import kafkajs from 'kafkajs'
import type { Scenario } from '../scenario.ts'

export const scenario: Scenario = {
  name: 'group-in-other-use',
  kind: 'K2',
  needs: 'plain',
  run: async (world) => {
    const environment = { KAFKA_TOPIC: 'Big.Tracked-X_y..Z', KAFKA_CONSUMER_GROUP: '' }
    const group = `custom-events.clickhouse.${environment.KAFKA_TOPIC}`
    await world.setUp(environment)
    const kafka = new kafkajs.Kafka({ clientId: 'stranger ü', brokers: world.stack.environment.KAFKA_BROKERS.split(','), logLevel: 0 })
    const stranger = kafka.consumer({
      groupId: group,
      partitionAssigners: [
        ({ cluster }) => ({
          ...kafkajs.PartitionAssigners.roundRobin({ cluster } as never),
          name: 'stranger',
          protocol: () => ({ name: 'stranger', metadata: Buffer.from([255, 255, 255]) }),
        }),
      ],
    })
    await stranger.connect()
    await stranger.subscribe({ topics: [environment.KAFKA_TOPIC] })
    void stranger.run({ eachMessage: async () => {} }).catch((e: unknown) => world.note(String(e)))
    await new Promise((r) => setTimeout(r, 6_000))
    const consumer = await world.consumer(environment)
    await new Promise((r) => setTimeout(r, 20_000))
    world.note(JSON.stringify(await consumer.readiness()))
    const at = performance.now()
    const statuses = await Promise.all(Array.from({ length: 500 }, async () => (await fetch(`http://127.0.0.1:${consumer.opsPort}/metrics`)).status))
    world.note(`500 scrapes in ${Math.round(performance.now() - at)} ms, ${new Set(statuses).size}`)
    await stranger.disconnect()
    await consumer.becomesReady()
    const ingest = await world.ingest(environment)
    await ingest.becomesReady()
    const answer = await ingest.post(JSON.stringify({ event: 'e', group_id: 'g', event_id: 'x' }))
    world.note(JSON.stringify(answer))
    await world.until(async () => {
      if ((await world.ask(`SELECT 1 FROM tracked WHERE event_id = 'x'`)).length === 0) throw new Error('x is no row')
    })
  },
}
