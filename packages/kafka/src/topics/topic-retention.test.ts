import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retentionOf } from './topic-retention.ts'

test('a limit by size does not hide the limit by time, and -1 is none', () => {
  const cases = [
    ['-1', '-1', { ms: null, bytes: null }],
    ['3600000', '-1', { ms: 3_600_000, bytes: null }],
    ['3600000', '1048576', { ms: 3_600_000, bytes: 1_048_576 }],
    ['-1', '0', { ms: null, bytes: 0 }],
  ] as const
  for (const [ms, bytes, expected] of cases) {
    const settings = [
      { configName: 'retention.ms', configValue: ms },
      { configName: 'retention.bytes', configValue: bytes },
    ]
    assert.deepEqual(retentionOf(settings), expected)
  }
})
