import assert from 'node:assert/strict'
import { test } from 'node:test'
import { erasedIdOf, type ErasedSpan } from '@custom-events/event'
import { forgottenOf } from './forgotten.ts'
import type { EraseShard } from '../shards/one-shard.ts'
import { writeDownEmpty } from './write-down.ts'

const NOW_MS = 1_000_000_000
const SETTLE_MS = 95_000

/** A ClickHouse with so many rows of each erased id, in one month. */
function fakeShard(rowsOf: (sql: string) => number) {
  const written: Readonly<Record<string, unknown>>[] = []
  const clickhouse = {
    database: 'custom_events',
    query: async (sql: string) => {
      if (sql.includes('now64(3)')) return [{ ms: String(NOW_MS) }]
      if (sql.includes('partition_id AS id')) return [{ id: '202601' }]
      const rows = rowsOf(sql)
      if (sql.includes('groupUniqArray(10000)'))
        return [{ rows, groups: ['g'], first: '', last: '' }]
      return sql.includes('AS ids') ? [{ ids: [] }] : []
    },
    command: async (_: string, params: Readonly<Record<string, unknown>>) =>
      void written.push(params),
  }
  const servers = { clickhouse, cluster: '' }
  // Of a ClickHouse nothing else is used here.
  return { shard: { name: '', servers, counting: servers } as unknown as EraseShard, written }
}

const ALWAYS: ErasedSpan = { timestampBefore: null, receivedBefore: null }

test('of whom nobody has a row it is only written down, unless it was asked for just now', async () => {
  const of = (id: string, askedAt: number) => ({
    ...erasedIdOf('user', id),
    spans: [ALWAYS],
    erasureId: id,
    askedBy: 'tester',
    askedAt,
  })
  const records = [
    of('long ago', 5),
    of('just now', NOW_MS - SETTLE_MS - 60_000),
    of('with rows', 5),
  ]
  const { erasures } = forgottenOf(records, [])
  const { sha256 } = erasedIdOf('user', 'with rows')
  const { shard, written } = fakeShard((sql) => (sql.includes(sha256) ? 1 : 0))
  const left = await writeDownEmpty(
    {
      shards: [shard],
      topic: { find: async () => undefined } as never, // nothing else is asked of it
      keys: null,
      settleMs: SETTLE_MS,
      waiting: { stop: new AbortController().signal, onWaiting: () => {} },
    },
    erasures,
  )
  assert.deepEqual(
    left.map(({ erasureId }) => erasureId),
    ['just now', 'with rows'],
  )
  assert.deepEqual(
    written.map(({ erasureId, state, announcedAt, finishedAt }) => [
      erasureId,
      state,
      announcedAt,
      finishedAt,
    ]),
    [['long ago', 'done', 5, NOW_MS]],
  )
})
