import assert from 'node:assert/strict'
import { test } from 'node:test'
import { erasedIdOf } from '@custom-events/event'
import { findEvents } from './erased-rows.ts'

test('a table of any size is counted month by month, and an account of two months once', async () => {
  const asked: string[] = []
  const months: Readonly<Record<string, object>> = {
    202601: { rows: 2, groups: ['a', 'b'], first: '2026-01-02', last: '2026-01-03' },
    202602: { rows: 0, groups: [], first: '1970-01-01', last: '1970-01-01' },
    202603: { rows: 1, groups: ['a'], first: '2026-03-01', last: '2026-03-01' },
  }
  const clickhouse = {
    database: 'custom_events',
    query: async <Row>(sql: string): Promise<Row[]> => {
      if (sql.includes('system.parts')) return Object.keys(months).map((id) => ({ id })) as Row[]
      const month = /_partition_id = '(\d+)'$/.exec(sql)?.[1] ?? ''
      asked.push(month)
      return [months[month]] as Row[] // as the query says
    },
  }
  const selection = { id: erasedIdOf('user', 'u'), timestampBefore: null }
  assert.deepEqual(await findEvents({ clickhouse, cluster: '' }, selection), {
    rows: 3,
    accounts: new Set(['a', 'b']),
    firstTimestamp: '2026-01-02',
    lastTimestamp: '2026-03-01',
  })
  assert.deepEqual(asked, Object.keys(months))
})
