import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConsumerMetrics } from './metrics.ts'
import { agesOf, showReading, type Reading } from './show-reading.ts'

const UNKNOWN: Reading = {
  backlog: [],
  foreignMembers: null,
  earlierMembers: null,
  isNameTaken: false,
  troubles: [],
}
const place = { topic: 't', partition: 3 }

test('what waits has an age and a time left; what is unknown has none, never 0', () => {
  const cases = [
    [{ lag: 0, oldestMs: null, retentionMs: 9_000 }, [0, null]],
    [{ lag: 2, oldestMs: 1_000, retentionMs: 9_000 }, [4, 5]],
    [{ lag: 2, oldestMs: 1_000, retentionMs: null }, [4, null]],
    [{ lag: 2, oldestMs: null, retentionMs: 9_000 }, [null, null]],
    [{ lag: 2, oldestMs: 9_000, retentionMs: 9_000 }, [0, 13]],
  ] as const
  for (const [backlog, [unread, left]] of cases) {
    const ages = agesOf(backlog, 5_000)
    assert.deepEqual([ages.unreadSeconds, ages.leftSeconds], [unread, left])
  }
})

test('what keeps records from being read is counted by cause, and every cause is there', async () => {
  const metrics = createConsumerMetrics()
  const trouble = { ...place, offset: 5, code: 'c', text: '', sinceMs: 0 }
  const troubles = (['codec', 'token', 'token'] as const).map((cause) => ({ ...trouble, cause }))
  showReading(metrics, { ...UNKNOWN, troubles }, 0)
  const { text } = await metrics.expose()
  const stuck = (cause: string) =>
    new RegExp(`^custom_events_partitions_stuck\\{cause="${cause}"\\} (\\d+)$`, 'm').exec(text)?.[1]
  assert.deepEqual(['codec', 'token', 'tls'].map(stuck), ['1', '2', '0'])
})

test('a partition that nobody tells about any more disappears from the metrics', async () => {
  const metrics = createConsumerMetrics()
  const shown = async () => {
    const { text } = await metrics.expose()
    return text
      .split('\n')
      .filter((line) => /^custom_events_(lag|oldest|foreign|earlier|retention)\S* /.test(line))
  }
  const known = { ...place, lag: 5, oldestMs: null, retentionMs: null, retentionBytes: 7 }
  showReading(metrics, { ...UNKNOWN, backlog: [known], foreignMembers: 1, earlierMembers: 2 }, 0)
  assert.deepEqual(await shown(), [
    'custom_events_foreign_members 1',
    'custom_events_earlier_members 2',
    'custom_events_lag_records{topic="t",partition="3"} 5',
    'custom_events_retention_bytes{topic="t",partition="3"} 7',
  ])
  showReading(metrics, UNKNOWN, 0)
  assert.deepEqual(await shown(), [])
})
