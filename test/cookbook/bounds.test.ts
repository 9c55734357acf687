// What producers make as many of as they like does not make a question of the cookbook endless: a query of ours has 25 s.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRecipes } from '../../tools/cookbook/recipe.ts'
import { openRolledUp } from '../support/rollups.ts'
import { servers } from '../support/servers.ts'

/** More than a catalogue is likely to have; each name takes as many letters as an event's may. */
const NAMES = 20_000
const LETTERS = 200

test('26-new-events compares a bounded number of names', { timeout: 120_000 }, async () => {
  const recipe = readRecipes().find(({ name }) => name === '26-new-events')
  await using stack = await servers()
  await using rolled = await openRolledUp(stack)
  const { clickhouse } = rolled
  await rolled.stop()
  // The newer, the more frequent; one name a second.
  await clickhouse.command(
    `INSERT INTO catalogue (event, property, events, days, first_seen, last_seen, refreshed_at)
     SELECT leftPad(toString(number), ${LETTERS}, 'e'), '', number + 1, 1,
            toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + number AS seen, seen, now64(3) FROM numbers(${NAMES})`,
  )
  const parameters = { from: '2026-01-01 00:10:00', to: '2026-02-01', tz: 'UTC' }
  const rows = await clickhouse.query<{ event: string; similar_to: string }>(
    recipe?.sql ?? '',
    parameters,
  )
  assert.equal(rows.length, 200)
  // 590 is similar, but none of the 10,000 most frequent.
  assert.deepEqual(rows[0], { ...rows[0], event: '600'.padStart(LETTERS, 'e'), similar_to: '' })
})
