import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConsumersBehind, recordsBehind, waitUntilCaughtUp } from './caught-up.ts'

const offset = (partition: number, committed: number | null, latest: number, earliest = 0) => ({
  topic: 't',
  partition,
  committed,
  hasCommit: committed !== null,
  earliest,
  latest,
})
const stop = new AbortController().signal

test('behind is what was accepted before the waiting began and is not committed', () => {
  const offsets = [offset(0, 5, 9), offset(1, null, 4), offset(2, null, 7, 7), offset(3, 8, 8)]
  assert.equal(recordsBehind(offsets, [7, 3, 7, 2]), 2 + 3)
})

test('waits until the consumers have what was there, not what came since', async () => {
  const answers = [[offset(0, 1, 3)], [offset(0, 2, 50)], [offset(0, 3, 99)]]
  let asked = 0
  await waitUntilCaughtUp({
    readOffsets: async () => answers[asked++] ?? assert.fail('asked once too often'),
    consumerGroup: 'g',
    stop,
  })
  assert.equal(asked, 3)
})

test('gives up, with the way out, when they do not get on', async () => {
  const waiting = waitUntilCaughtUp({
    readOffsets: async () => [offset(0, null, 12)],
    consumerGroup: 'custom-events.clickhouse',
    stop,
    waitMs: 1,
  })
  await assert.rejects(waiting, (error: Error) => {
    assert.ok(error instanceof ConsumersBehind)
    assert.match(error.message, /custom-events\.clickhouse are 12 records behind.*\n {2}fix: start/)
    return true
  })
})

test('Ctrl-C ends the waiting', async () => {
  const stopping = new AbortController()
  let asked = 0
  await waitUntilCaughtUp({
    readOffsets: async () => {
      if (++asked === 2) stopping.abort()
      return [offset(0, 0, 1)]
    },
    consumerGroup: 'g',
    stop: stopping.signal,
  })
  assert.equal(asked, 2)
})
