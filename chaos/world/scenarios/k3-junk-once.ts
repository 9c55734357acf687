import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'

const JUNK = 160

/** Somebody else's program writes to the topic, once; the consumers halt, say how to go on, and it works. */
export const scenario: Scenario = {
  name: 'junk-once',
  kind: 'K3',
  needs: 'plain',
  run: async (world) => {
    const { ingest, consumer } = await world.start()
    await world.send({ through: ingest })
    await world.putPoison(
      Array.from({ length: JUNK }, (_, n) => ({
        partition: n % 3,
        key: `junk-${n}`,
        value: JSON.stringify({ order: n }),
      })),
    )
    await consumer.becomesNotReady(/halted \(too_much_poison\)/)
    await world.send({ through: ingest })
    const { text } = await consumer.readiness()
    const [setting, value] = /POISON_SET_ASIDE_UP_TO=(\d+)/.exec(text) ?? []
    assert.ok(value !== undefined, `the way out is named, got: ${text}`)
    world.note(`way out: ${setting}`)
    await consumer.stop()
    // Its batches may be cut otherwise: what was named is for one of them.
    const next = await world.consumer({ POISON_SET_ASIDE_UP_TO: value })
    await next.becomesReady()
    await world.expectWhole()
    await next.warns(/POISON_SET_ASIDE_UP_TO/)
    assert.ok(Number(await next.metric('allowed_poison_records_total')) > 0)
  },
}
