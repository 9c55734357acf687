import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'

/** A deployment starts setup four times at once, on servers that have nothing yet. */
export const scenario: Scenario = {
  name: 'four-setups',
  kind: 'held',
  needs: 'plain',
  run: async (world) => {
    const outputs = await Promise.all([1, 2, 3, 4].map(() => world.command(['setup'])))
    for (const { code, text } of outputs) assert.equal(code, 0, text)
    const { ingest } = await world.start()
    await world.send({ through: ingest })
    await world.expectWhole()
  },
}
