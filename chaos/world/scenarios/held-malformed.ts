import { createRandom } from '../../random.ts'
import type { Scenario } from '../scenario.ts'

/** Somebody else writes what is no event, and events with odd keys, headers and times, amid good ones. */
export const scenario: Scenario = {
  name: 'malformed',
  kind: 'held',
  needs: 'plain',
  environment: { POISON_UNKNOWN_SCHEMA: 'dead_letter' }, // what is put here is known to be nobody's event
  run: async (world) => {
    const { ingest } = await world.start()
    const sending = world.send({ through: ingest, events: 900, overMs: 3_000 })
    const random = createRandom(world.seed, 'malformed')
    const noise = Buffer.from(Array.from({ length: 300 }, () => random.integer(0, 255)))
    const good = await world.encode({ event_id: 'never', group_id: 'never' })
    const schemaId = good.readInt32BE(1)
    const framed = (id: number, rest: Buffer): Buffer => {
      const head = Buffer.alloc(5)
      head.writeInt32BE(id, 1)
      return Buffer.concat([head, rest])
    }
    const values: readonly (Buffer | string | null)[] = [
      null,
      '',
      '{"event":"json"}',
      Buffer.from([0]),
      Buffer.from([0, 0, 0]),
      good.subarray(0, 5),
      good.subarray(0, good.length - 1),
      Buffer.concat([good, Buffer.from([0])]),
      framed(-1, noise),
      framed(0, noise),
      framed(2_000_000_000, noise),
      framed(schemaId, Buffer.alloc(40, 0xff)),
      Buffer.concat([Buffer.from([1]), noise]),
      Buffer.alloc(200_000, 0x41),
    ]
    await world.putPoison(
      values.map((value, index) => ({
        partition: index % 3,
        key: `malformed-${index}`,
        value,
        headers: {
          '': 'no name',
          ['x'.repeat(300)]: noise,
          'error.code': 'forged',
          traceparent: '',
        },
      })),
    )
    await world.putEvents([
      { event_id: 'odd-1', group_id: 'a', key: null },
      { event_id: 'odd-2', group_id: 'b', key: noise, headers: { a: '', b: noise } },
      { event_id: 'odd-3', group_id: 'c', key: '', timestampMs: 0 },
      { event_id: 'odd-4', group_id: 'd', headers: { 'content-type': 'text/html', '🎉': 'é' } },
    ])
    await sending
    await world.expectWhole()
  },
}
