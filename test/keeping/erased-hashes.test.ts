// Whoever is erased leaves the rollups of days, too, whose events have expired before.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clearUserHashes, userHashOf } from '@custom-events/clickhouse'
import { applyAudited, retentionChanges } from '../../cli/src/retention/set-up-retention.ts'
import { eventually } from '../support/eventually.ts'
import { openRolledUp, type Copy } from '../support/rollups.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { configOf, dayText } from './kept.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const copy = (daysAgo: number, user_id: string, version: number): Copy => ({
  group_id: 'acme',
  event: 'signup',
  timestamp: dayText(daysAgo),
  event_id: `${daysAgo}-${user_id}`,
  user_id,
  anonymous_id: null,
  properties: '{}',
  version,
})

test('a hash is what ClickHouse makes of the id', { timeout: 120_000 }, async () => {
  await using rolled = await openRolledUp(stack)
  for (const id of ['', 'u', '1234567', '12345678', 'ü😀'.repeat(40), 'x'.repeat(300)]) {
    const [row] = await rolled.clickhouse.query<{ readonly hash: string }>(
      'SELECT toString(reinterpretAsUInt128(sipHash128({id:String}))) AS hash',
      { id },
    )
    assert.equal(userHashOf(id), row?.hash, id)
  }
})

test(
  'the hash of an erased user leaves days whose events have expired',
  { timeout: 240_000 },
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse } = rolled
    const people = ['a', 'b', 'c']
    await rolled.insert(
      people.flatMap((user, index) => [copy(100, user, index), copy(1, user, index)]),
    )
    await rolled.refresh()
    const config = configOf({ CLICKHOUSE_RETENTION_DAYS: 30 })
    await clickhouse.command('ALTER TABLE events MODIFY SETTING merge_with_ttl_timeout = 1')
    const changes = await retentionChanges(clickhouse, config, { retention: new Map() })
    await applyAudited(clickhouse, { command: 'retention', changes, config })
    await eventually(
      async () => {
        const [row] = await clickhouse.query('SELECT toUInt32(count()) AS n FROM events')
        assert.deepEqual(row, { n: 3 })
      },
      { withinMs: 60_000 },
    )

    let changed = 0
    const clear = (user: string, timestampBefore: number | null = null): Promise<void> =>
      clearUserHashes(
        { clickhouse, cluster: '' },
        { userHash: userHashOf(user), timestampBefore },
        {
          waiting: { stop: new AbortController().signal, onWaiting: () => {} },
          account: async (rows, update) => {
            changed += rows
            if (rows > 0) await update()
          },
        },
      )
    const active = () =>
      clickhouse.query(
        `SELECT toUInt32(dateDiff('day', day, today())) AS ago, toUInt32(events) AS events, toUInt32(users) AS users,
         has(user_hashes, toUInt128('${userHashOf('a')}')) AS has_a
       FROM active_users_daily ORDER BY ago`,
      )
    await clear('a', Date.now() - 200 * 86_400_000)
    await clear('nobody')
    assert.equal(changed, 0)
    await clear('a')
    assert.ok(changed >= 1)
    // Yesterday's event of the same id is still there, as of somebody else who has it: that day is counted from it.
    const expected = [
      { ago: 1, events: 3, users: 3, has_a: 1 },
      { ago: 100, events: 3, users: 2, has_a: 0 },
    ]
    assert.deepEqual(await active(), expected)
    await rolled.anHourPasses()
    await rolled.refresh()
    assert.deepEqual(await active(), expected, 'the month in turn')
  },
)
