import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextStep } from './next.ts'

const first = { generation: 1, topic: 't', partitions: 12 }
const second = { generation: 2, topic: 't.g2', partitions: 48 }

test('what is left to do follows from what was announced, so that a killed command is run again', () => {
  const rows = [
    [[first], true, 12, 'none', 't'],
    [[first], true, 6, 'refused', ''],
    [[first], true, 48, 'make', 't.g2'],
    [[first, second], false, 48, 'open', 't.g2'],
    [[first, second], false, 64, 'refused', ''],
    [[first, second], false, 12, 'refused', ''],
    [[first, second], true, 48, 'none', 't.g2'],
    [[first, second], true, 64, 'make', 't.g3'],
    [[first, second], true, 12, 'refused', ''],
  ] as const
  for (const [all, isLastOpen, partitions, step, topic] of rows) {
    const found = nextStep('t', { all, isLastOpen }, partitions)
    assert.equal(found.step, step, `${all.length} ${isLastOpen} ${partitions}`)
    if ('next' in found) assert.deepEqual([found.next.topic, found.next.partitions], [topic, partitions]) // prettier-ignore
    if ('now' in found) assert.equal(found.now.topic, topic)
  }
})
