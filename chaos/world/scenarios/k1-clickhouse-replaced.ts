import type { Scenario } from '../scenario.ts'

/**
 * The database is gone, and an operator makes an empty one while the consumer runs. What is inserted from
 * then on must still be what a later update replaces, also after the consumer was restarted.
 */
export const scenario: Scenario = {
  name: 'clickhouse-replaced',
  kind: 'K1',
  needs: 'plain',
  run: async (world) => {
    const { ingest, consumer } = await world.start()
    const { tracked } = world.topics
    // So that this log is not the first of its database.
    const settings = await world.operator.topicSettings(tracked)
    await world.operator.deleteTopic(tracked)
    await world.until(() => world.operator.createTopic(tracked, 3, Object.fromEntries(settings)))
    await world.until(async () => {
      const { status } = await ingest.post(event('warm', 0))
      if (status >= 300) throw new Error(`ingest answers ${status}`)
    }, 60_000)
    await world.until(async () => {
      if ((await world.ask(`SELECT 1 FROM tracked WHERE event_id = 'warm'`)).length === 0) throw new Error('warm is no row')
    }, 60_000)
    world.note(JSON.stringify(await world.ask('SELECT generation, topic FROM kafka_logs ORDER BY 1')))
    await world.execute(`DROP DATABASE ${world.database} SYNC`).catch((e: unknown) => world.note(String(e)))
    await ingest.post(event('one', 1))
    await consumer.becomesNotReady(/setup|UNKNOWN/)
    await world.setUp()
    await consumer.becomesReady()
    await world.until(async () => {
      if ((await world.ask(`SELECT 1 FROM tracked WHERE event_id = 'one'`)).length === 0) throw new Error('one is no row')
    })
    world.note(JSON.stringify(await world.ask('SELECT generation, topic FROM kafka_logs ORDER BY 1')))
    world.note(JSON.stringify(await world.ask(`SELECT event_id, bitShiftRight(version, 48) FROM events`)))
    await consumer.stop()
    await (await world.consumer()).becomesReady()
    await ingest.post(event('one', 2))
    await world.until(async () => {
      const found = await world.ask(`SELECT properties, bitShiftRight(version, 48) FROM tracked WHERE event_id = 'one'`)
      if (!/2/.test(found[0]?.[0] ?? '')) throw new Error(`the update does not show: ${JSON.stringify(found)} ${JSON.stringify(await world.ask(`SELECT event_id, properties, bitShiftRight(version, 48) FROM events`))}`)
    })
  },
}

function event(id: string, n: number): string {
  return JSON.stringify({
    event: 'e',
    group_id: 'g',
    user_id: 'u',
    event_id: id,
    timestamp: '2026-11-20T00:00:00.000Z',
    properties: { n },
  })
}
