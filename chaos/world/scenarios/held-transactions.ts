import type { ForeignEvent } from '../scenario-world.ts'
import type { Scenario } from '../scenario.ts'

const EACH = 20

/** Another producer writes in transactions; what it aborted was never written. */
export const scenario: Scenario = {
  name: 'transactions',
  kind: 'held',
  needs: 'plain',
  isInTests: true,
  run: async (world) => {
    const { ingest } = await world.start()
    const events = (prefix: string): ForeignEvent[] =>
      Array.from({ length: EACH }, (_, n) => ({
        event_id: `${prefix}-${n}`,
        group_id: `group-${n}`,
        partition: n % 3,
      }))
    const sending = world.send({ through: ingest, events: 600, overMs: 3_000 })
    for (let round = 0; round < 3; round++) {
      await world.putEvents(events(`committed-${round}`), { transaction: 'commit' })
      await world.putEvents(events(`aborted-${round}`), { transaction: 'abort' })
    }
    await sending
    await world.expectWhole()
  },
}
