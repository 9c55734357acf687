import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BatchHeader } from './batch-header.ts'
import { beginningOf } from './record-beginning.ts'

const HEADER: BatchHeader = {
  topic: 't',
  partition: 0,
  start: 0,
  end: 0,
  baseOffset: 0,
  next: 1,
  checksum: 0,
  codec: 0,
  isTransactional: false,
  isControl: false,
  producerId: -1n,
  firstTimestampMs: 0,
  appendedAtMs: null,
  count: 1,
}
const VALUE_BYTES = 5_000_000

function varint(value: number): readonly number[] {
  const bytes: number[] = []
  let rest = value * 2
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80)
  return [...bytes, rest]
}

test('the length of a value is not read from less than all of its bytes', () => {
  const length = varint(VALUE_BYTES)
  const before = Buffer.from([0, 0, 0, ...varint(3), ...Buffer.from('key')])
  const start = Buffer.concat([before, Buffer.from(length)])
  const recordEnd = start.length + VALUE_BYTES + 1
  const seen = beginningOf(HEADER, Buffer.concat([start, Buffer.alloc(10)]), { at: 0, recordEnd })
  assert.deepEqual(seen.whole, { keyBytes: 3, valueBytes: VALUE_BYTES, headersBytes: 1 })
  for (let cut = 0; cut < length.length; cut++) {
    const bytes = start.subarray(0, before.length + cut)
    const { whole, value } = beginningOf(HEADER, bytes, { at: 0, recordEnd })
    assert.ok((whole?.valueBytes ?? 0) >= VALUE_BYTES, `${whole?.valueBytes} after ${cut} bytes`)
    assert.equal(whole?.headersBytes, 0)
    assert.ok((value?.length ?? 0) <= cut, 'nothing that is not there')
  }
})
