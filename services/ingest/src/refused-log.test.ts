import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@custom-events/runtime'
import { createIngestMetrics } from './metrics.ts'
import { createRefusedLog, prefixOf } from './refused-log.ts'
import { countOf, startTestIngest } from './testing/test-support.ts'

function open() {
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const log = createLogger({ service: 'test', level: 'info' }, { write })
  const metrics = createIngestMetrics()
  return { lines, metrics, refused: createRefusedLog({ metrics, log, everyMs: 60_000 }) }
}

test('an address is told by its network alone', () => {
  const table = [
    ['192.0.2.77', '192.0.2.0/24'],
    ['::ffff:192.0.2.77', '192.0.2.0/24'],
    ['2001:db8:a:b:c:d:e:f', '2001:db8:a::/48'],
    ['2001:db8::1', '2001:db8:0::/48'],
    ['::1', '0:0:0::/48'],
    ['fe80::1%eth0', 'fe80:0:0::/48'],
    [undefined, 'unknown'],
  ] as const
  for (const [address, prefix] of table) assert.equal(prefixOf(address), prefix)
})

test('however many requests are refused, the log has one line of bounded length', async () => {
  const { lines, metrics, refused } = open()
  for (let n = 0; n < 10_000; n += 1) refused.add('invalid_api_key', null, `10.0.${n % 200}.1`)
  refused.add('invalid_json', 'shop', '192.0.2.1')
  assert.deepEqual(lines, [])
  refused[Symbol.dispose]()
  assert.equal(lines.length, 1)
  const line = JSON.parse(lines[0] ?? '')
  assert.equal(line.refused.length, 20)
  assert.deepEqual(line.refused[0], { code: 'invalid_api_key', from: '10.0.0.0/24', count: 50 })
  assert.equal(line.others, 10_001 - 20 * 50)
  assert.equal(await countOf(metrics.unauthorized), 10_000)
  assert.equal(await countOf(metrics.malformed), 1)
})

test('overload and outages are no fault of a sender and are not told as such', () => {
  const { lines, refused } = open()
  refused.add('overloaded', null, '192.0.2.1')
  refused.add('kafka_unavailable', null, '192.0.2.1')
  refused[Symbol.dispose]()
  assert.deepEqual(lines, [])
})

test('a body that cannot be read is counted by its code', async () => {
  await using ingest = await startTestIngest()
  assert.equal((await ingest.post('{')).status, 400)
  assert.equal(await countOf(ingest.metrics.malformed), 1)
})
