import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byPlace, selfTimes } from '../../bench/cpu-profile.ts'

const frame = (id: number, functionName: string, url = '') => ({
  id,
  callFrame: { functionName, url },
})

test('time is summed by part of the program; idle time and what came before do not count, small parts are one', () => {
  const profile = {
    nodes: [
      frame(1, '(idle)'),
      frame(2, 'judge', 'file:///x/services/ingest/src/judge.ts'),
      frame(3, 'encode', 'file:///x/packages/codec/src/encode.ts'),
      frame(4, 'sendBatch', 'file:///x/node_modules/kafkajs/src/producer.js'),
      frame(5, 'parse'),
      frame(6, 'parserOnBody', 'node:_http_common'),
      frame(8, 'parseUrl', 'file:///x/node_modules/parseurl/index.js'),
      frame(7, 'judge', 'file:///x/services/ingest/src/judge.ts'),
    ],
    samples: [4, 1, 2, 3, 4, 5, 6, 8, 7],
    timeDeltas: [9_000_000, 500_000, 100, 200, 300, 400, 500, 7, 600],
  }
  const times = selfTimes(profile, 0.4)
  assert.equal(times.get('judge services/ingest/src/judge.ts')?.micros, 700)
  assert.deepEqual(byPlace(times), [
    ['services/ingest', 700],
    ['Node: HTTP', 500],
    ['JSON.parse', 400],
    ['kafkajs', 300],
    ['packages/codec', 200],
    ['everything smaller', 7],
  ])
})
