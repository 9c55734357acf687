import assert from 'node:assert/strict'
import { test } from 'node:test'
import { responseBytes } from '../testing/fetch-response.fixture.ts'
import { firstTime } from './oldest-unread.ts'

for (const { what, firstTimestamp, isLogAppendTime, expected } of [
  { what: 'the time its producer gave it', firstTimestamp: 1_700_000_000_000, expected: 0 },
  {
    what: 'the time at which the broker wrote it',
    firstTimestamp: 1_700_000_000_000,
    isLogAppendTime: true,
    expected: 5_000,
  },
  { what: 'a time of the far future', firstTimestamp: 4_000_000_000_000, expected: 0 },
  { what: 'no time, which Kafka allows', firstTimestamp: -1, expected: null },
]) {
  test(`when a batch was written: ${what}`, async () => {
    const record = { key: null, value: Buffer.from('v'), headers: {}, timestampDelta: 0 }
    const batch = {
      gap: 0,
      firstTimestamp,
      compression: 'none',
      isTransactional: false,
      isLogAppendTime: isLogAppendTime ?? false,
      records: [record, { ...record, timestampDelta: 5_000 }],
    } as const
    const response = await responseBytes('t', 7, [{ partition: 0, batches: [batch], cutBytes: 0 }])
    assert.equal(firstTime(response), expected === null ? null : firstTimestamp + expected)
  })
}
