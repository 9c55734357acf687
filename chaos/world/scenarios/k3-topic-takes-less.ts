import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'

const event = (id: string, bytes: number): string =>
  `{"event":"e","group_id":"g","user_id":"u","event_id":"${id}","timestamp":"2024-01-01T00:00:00.000Z","properties":{"text":"${'x'.repeat(bytes)}"}}`

/** Somebody lowers what the topic takes to less than a batch: what fits is kept, what does not is rejected for good. */
export const scenario: Scenario = {
  name: 'topic-takes-less',
  kind: 'K3',
  needs: 'plain',
  run: async (world) => {
    const { ingest } = await world.start()
    await world.send({ through: ingest })
    await world.operator.setTopic(world.topics.tracked, { 'max.message.bytes': '6000' })
    // A moment after: ingest has not looked at the topic again.
    const strict = await ingest.post(`[${event('strict', 9_000)}]`, '/track?strict=1')
    assert.ok([400, 503].includes(strict.status), strict.text)
    const mixed = await ingest.post(`[${event('small', 10)},${event('large', 9_000)}]`)
    assert.equal(mixed.status, 200, mixed.text)
    assert.match(mixed.text, /"accepted":1,"rejected":1/)
    assert.match(mixed.text, /"code":"event_too_large".*max\.message\.bytes/s)
    await world.until(async () => {
      const known = await ingest.post(event('large', 9_000), '/track?strict=1')
      assert.equal(known.status, 400, known.text)
    })
    // Requests of 50 events are some 15 kB, and more than one shares a batch.
    await world.send({ through: ingest, events: 600 })
    const [[count] = []] = await world.until(async () => {
      const found = await world.ask("SELECT count() FROM tracked WHERE event_id = 'small'")
      assert.deepEqual(found, [['1']])
      return found
    })
    world.note(`${count} small event beside one that is too large`)
    await world.operator.setTopic(world.topics.tracked, { 'max.message.bytes': null })
    await world.until(async () => {
      const { status, text } = await ingest.post(event('large', 9_000))
      assert.equal(status, 200, text)
    })
    // They are none of the ledger's: taken away again, so that it finds its own.
    const own = "event_id IN ('small', 'large')"
    await world.until(async () => {
      const [[rows] = []] = await world.ask(`SELECT count() FROM tracked WHERE ${own}`)
      assert.equal(rows, '2')
    })
    await world.execute(`ALTER TABLE events DELETE WHERE ${own} SETTINGS mutations_sync = 1`)
    await world.expectWhole()
  },
}
