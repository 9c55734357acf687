import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitAccounts } from '@custom-events/event'
import {
  isSamePlacement,
  MAX_SPLIT,
  readGeneration,
  writeGeneration,
  type GenerationRecord,
} from './generation-record.ts'

const PLAIN: GenerationRecord = { generation: 2, topic: 't.g2', partitions: 48, isOpen: true }
const SPLIT = { ...PLAIN, split: splitAccounts(['b', 'a'], 2) }

const written = (record: GenerationRecord) => {
  const { key, value } = writeGeneration(record)
  return { key: String(key), value: String(value) }
}

test('a generation is read as it was written; one that splits nothing as earlier releases wrote it', () => {
  assert.equal(written(PLAIN).value, '{"v":1,"topic":"t.g2","partitions":48,"open":true}')
  const { key, value } = written(SPLIT)
  assert.equal(key, 'generation:2')
  assert.equal(
    value,
    '{"v":2,"split":["a","b"],"shards":2,"topic":"t.g2","partitions":48,"open":true}',
  )
  for (const record of [PLAIN, SPLIT]) {
    const bytes = writeGeneration(record)
    assert.deepEqual(readGeneration(String(bytes.key), bytes.value), record)
  }
})

test('a record by which somebody may place accounts otherwise is not understood, and says why', () => {
  const many = Array.from({ length: MAX_SPLIT + 1 }, (_, index) => `a${index}`)
  const rows = [
    [{ v: 3 }, /"v" is 3, expected 1 or 2: is it of a newer release\?/],
    [{ shards: 0 }, /"shards" is 0/],
    [{ shards: 5 }, /"shards" is 5, expected a whole number that divides 48/],
    [{ shards: undefined }, /"shards" is absent/],
    [{ split: undefined }, /"split" is absent/],
    [{ split: 'a' }, /"split" is "a", expected a list/],
    [{ split: [] }, /"split" is empty/],
    [{ split: ['a', 1] }, /not each of these is the id of an account/],
    [{ split: ['a', ''] }, /not each/],
    [{ split: ['x'.repeat(257)] }, /not each/],
    [{ split: many }, /1 to 100 accounts/],
  ] as const
  for (const [change, expected] of rows) {
    const text = JSON.stringify({ ...JSON.parse(written(SPLIT).value), ...change })
    const found = readGeneration('generation:2', Buffer.from(text))
    assert.match(typeof found === 'string' ? found : 'understood', expected, text)
  }
})

test('two records mean the same when every event has the same place by both', () => {
  const others = [
    { ...SPLIT, partitions: 50 },
    { ...SPLIT, topic: 't.g3' },
    { ...SPLIT, split: splitAccounts(['a'], 2) },
    { ...SPLIT, split: splitAccounts(['a', 'b'], 1) },
    PLAIN,
  ]
  for (const other of others) assert.equal(isSamePlacement(SPLIT, other), false)
  assert.equal(isSamePlacement(SPLIT, { ...SPLIT, split: splitAccounts(['a', 'b', 'a'], 2) }), true) // prettier-ignore
})
