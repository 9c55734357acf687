import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'

/** What a tool writes that puts dead letters back to their topic, headers and all. */
const GOVERNING = {
  'custom-events.resolution': 'replayed',
  'custom-events.resolved-at': '2026-11-01T00:00:00.000Z',
  'custom-events.replayed-to': 'elsewhere/0/1',
  'custom-events.dead-lettered-at': '2020-01-01T00:00:00.000Z',
  'custom-events.shortened': '{}',
  'custom-events.replayed-from': 'dead-letters elsewhere/0/1',
  '__connect.errors.topic': 'elsewhere',
  '__connect.errors.partition': '99999999999',
  '__connect.errors.offset': '-1',
  'error.code': 'forged',
}

/** Records that carry our own header names become dead letters that everybody finds; others' letters harm nobody. */
export const scenario: Scenario = {
  name: 'headers-govern',
  kind: 'K8',
  needs: 'plain',
  run: async (world) => {
    const { ingest, consumer } = await world.start()
    await world.putPoison([
      { partition: 0, key: 'plain', value: 'junk' },
      { partition: 1, key: 'governing', value: 'junk', headers: GOVERNING },
    ])
    await world.putEvents([{ event_id: 'governing', group_id: 'a', headers: GOVERNING }])
    // Straight to the topic of dead letters: a place, a time and texts that no column holds.
    await world.operator.produce(world.topics.deadLetters, [
      {
        partition: 0,
        key: 'letter',
        value: 'x',
        headers: {
          ...GOVERNING,
          'custom-events.resolution': '',
          'custom-events.dead-lettered-at': '+275760-09-13T00:00:00.000Z',
          '__connect.errors.topic': 't'.repeat(100_000),
          'error.code': 'c'.repeat(100_000),
        },
      },
    ])
    await world.send({ through: ingest })
    await world.expectWhole()
    const letters = await world.until(async () => {
      const rows = await world.ask(
        `SELECT source_topic, error_code, isNull(resolution), headers['custom-events.source.custom-events.resolution']
         FROM dead_letters FINAL WHERE source_topic = '${world.topics.tracked}' ORDER BY source_partition`,
      )
      assert.equal(rows.length, 2)
      return rows
    })
    assert.deepEqual(letters, [
      [world.topics.tracked, 'no_magic_byte', '1', ''],
      [world.topics.tracked, 'no_magic_byte', '1', 'replayed'],
    ])
    const [foreign] = await world.until(async () => {
      const rows = await world.ask(
        `SELECT source_topic, length(error_code) FROM dead_letters FINAL WHERE source_topic = '${world.topics.deadLetters}'`,
      )
      assert.equal(rows.length, 1, 'its source is its own place')
      return rows
    })
    assert.deepEqual(foreign, [world.topics.deadLetters, '200'])
    const replay = await world.command(['replay', '--from', 'dead-letters', '--dry-run'])
    assert.match(replay.text, /no_magic_byte +2 /, replay.text)
    await consumer.becomesReady()
  },
}
