import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Scenario } from '../scenario.ts'

const LARGE = Buffer.alloc(300_000, 'x')

/** The dead-letter topic takes less than somebody else's records have; one of them must not stop the line. */
export const scenario: Scenario = {
  name: 'letter-too-large',
  kind: 'K3',
  needs: 'plain',
  run: async (world) => {
    const { ingest, consumer } = await world.start()
    await world.operator.setTopic(world.topics.deadLetters, { 'max.message.bytes': '20000' })
    const small = (name: string) => ({ partition: 0, key: name, value: 'junk' })
    await world.putPoison([small('before')])
    await world.operator.produce(world.topics.tracked, [
      { partition: 0, key: 'large', value: LARGE, headers: { trace: 'kept' } },
      { partition: 0, key: Buffer.alloc(30_000, 'k'), value: null },
      { partition: 0, key: 'headers', value: 'junk', headers: { long: 'h'.repeat(50_000) } },
    ])
    await world.putPoison([small('after')])
    await world.send({ through: ingest })
    const shortened = await world.until(async () => {
      const rows = await world.ask(
        `SELECT source_offset, length(value), headers['trace'], headers['custom-events.shortened'] FROM dead_letters FINAL
         WHERE mapContains(headers, 'custom-events.shortened') ORDER BY source_offset`,
      )
      assert.equal(rows.length, 3, 'dead letters that are marked as shortened')
      return rows
    }, 60_000)
    const [[, kept, trace, mark = ''] = []] = shortened
    assert.ok(Number(kept) > 1_000 && Number(kept) < LARGE.length, `the beginning, got ${kept}`)
    assert.equal(trace, 'kept')
    const { cut, bytes, sha256 } = JSON.parse(mark) as Record<string, Record<string, unknown>>
    assert.deepEqual(cut, ['value'])
    assert.equal(bytes?.['value'], LARGE.length)
    assert.equal(sha256?.['value'], createHash('sha256').update(LARGE).digest('hex'))
    await consumer.warns(/set aside without all of its bytes/)
    await consumer.becomesReady()
    const replay = await world.command(['replay', '--from', 'dead-letters', '--dry-run'])
    assert.match(replay.text, /kept only in part/)
    await world.expectWhole()
  },
}
