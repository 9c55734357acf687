// What a view answers does not depend on settings with which some tools and people ask.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { keysDatabase } from '@custom-events/clickhouse'
import { openRolledUp, type Copy } from '../support/rollups.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { makeViews, rowOf } from './event-views.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const SETTINGS: readonly string[] = [
  'join_use_nulls = 1, aggregate_functions_null_for_empty = 1, transform_null_in = 1, group_by_use_nulls = 1, cast_keep_nullable = 1',
  "prefer_column_name_to_alias = 1, union_default_mode = 'DISTINCT', session_timezone = 'Asia/Kolkata', final = 1",
  "enable_positional_arguments = 0, join_algorithm = 'full_sorting_merge', short_circuit_function_evaluation = 'disable'",
]

/** They tell of now, or of the log of queries. */
const MOVING = ['behind_seconds']
const NOT_STEADY = new Set(['query_log_daily', 'user_timeline'])

const SEALED = `sealed:v1:p${'k'.repeat(22)}:${'x'.repeat(60)}`

test(
  'every view answers the same, whatever the settings of who asks',
  { timeout: 240_000 },
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse } = rolled
    const other: Copy = {
      ...rowOf('other', { n: 1, email: SEALED }, '3'),
      user_id: null,
      anonymous_id: 'v',
    }
    await rolled.insert([rowOf('e', { n: 1.5, plan: 'pro' }), rowOf('e', { n: 'two' }, '2'), other])
    // Of one topic two generations, of which nobody has read the later; of another nothing is known at all.
    await clickhouse.command(
      `INSERT INTO kafka_logs (generation, cluster_id, topic, topic_id) VALUES (1, 'c', 't', 'a'), (2, 'c', 't.g2', 'b'), (3, 'c', 'u', 'c')`,
    )
    await clickhouse.command(
      `INSERT INTO settled (topic, generation, kafka_partition, next_offset, complete_until, recorded_at)
     VALUES ('t', 1, 0, 1, '2026-01-02 03:04:05.678', '2026-01-02 03:04:05.678')`,
    )
    await clickhouse.command(
      `INSERT INTO rejected_events (code, request_id, \`index\`, raw) VALUES ('c', 'r', 0, '{}')`,
    )
    await clickhouse.command(
      `INSERT INTO ${keysDatabase(clickhouse.database)}.seal_keys (key_id, group_id, key) VALUES ('a', 'acme', '')`,
    )
    await rolled.refresh()
    await rolled.stop()
    await makeViews(rolled)
    const views = await clickhouse.query<{ name: string; moving: readonly string[] }>(
      `SELECT name, (SELECT groupArray(c.name) FROM system.columns AS c
       WHERE c.database = {database:String} AND c.table = t.name AND has({moving:Array(String)}, c.name)) AS moving
     FROM system.tables AS t WHERE database = {database:String} AND engine = 'View' ORDER BY name`,
      { database: clickhouse.database, moving: MOVING },
    )
    const steady = views.filter(({ name }) => !NOT_STEADY.has(name))
    assert.ok(steady.length >= 12, `${steady.length} views`)
    const sources = [
      ...steady.map(({ name, moving }) => {
        const columns = moving.length === 0 ? '*' : `* EXCEPT (${moving.join(', ')})`
        return `SELECT ${columns} FROM ${name} ORDER BY ALL`
      }),
      `SELECT * FROM user_timeline(user_id = 'ann') ORDER BY ALL`,
    ]
    const differing: string[] = []
    for (const sql of sources) {
      const usual = await clickhouse.query<object>(sql)
      for (const setting of SETTINGS) {
        const asked = await clickhouse.query<object>(`${sql} SETTINGS ${setting}`).catch((error: unknown) => String(error)) // prettier-ignore
        if (JSON.stringify(asked) !== JSON.stringify(usual)) {
          differing.push(
            `${sql} SETTINGS ${setting}:\n  ${JSON.stringify(asked)}\n  ${JSON.stringify(usual)}`,
          )
        }
      }
    }
    assert.deepEqual(differing, [])
    const [grown] = await clickhouse.query(
      `SELECT complete_until, toUInt32(partitions) AS partitions FROM complete_until WHERE topic = 't' SETTINGS join_use_nulls = 1`,
    )
    assert.deepEqual(grown, { complete_until: null, partitions: 0 }, 'nobody has read t.g2')
  },
)
