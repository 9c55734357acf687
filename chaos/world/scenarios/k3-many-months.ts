import { createEventCodec } from '@custom-events/codec'
import { BLANK_EVENT } from '@custom-events/event'
import type { Scenario } from '../scenario.ts'

const MONTHS = 1_163
const FIRST_YEAR = 1970

/** Events of a hundred years come at once: more months than ClickHouse takes in one insert of its own accord. */
export const scenario: Scenario = {
  name: 'many-months',
  kind: 'K3',
  needs: 'plain',
  run: async (world) => {
    const { ingest } = await world.start()
    const sample = await world.encode({ event_id: 'sample', group_id: 'sample' })
    const schemaId = sample.readInt32BE(1)
    const codec = createEventCodec()
    await world.putEvents(
      Array.from({ length: MONTHS }, (_, month) => {
        const named = { event_id: `month-${month}`, event: 'born', group_id: 'acme' }
        const timestamp = Date.UTC(FIRST_YEAR, month, 15)
        const received_at = Date.UTC(2026, 8, 1)
        const event = { ...BLANK_EVENT, ...named, user_id: 'u', timestamp, received_at }
        return { ...named, value: codec.encode(event, schemaId) }
      }),
    )
    await world.send({ through: ingest })
    await world.expectWhole(90_000)
  },
}
