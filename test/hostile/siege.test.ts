import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MALLOC_SETTINGS, V8_FLAGS } from '@custom-events/embedded'
import { makeTopics, startIngest } from '../ingest/support.ts'
import { servers } from '../support/servers.ts'
import { besiege } from './siege.ts'

/**
 * `HOSTILE_SIEGE=full` holds the product to its figures, on a machine that does nothing else: 20 s,
 * p99 below 250 ms, at most 64 MiB more. Otherwise it is shorter, and the bounds leave room for
 * whatever else runs beside the tests.
 */
const isFull = process.env['HOSTILE_SIEGE'] === 'full'
const bounds = isFull
  ? { seconds: 20, p99Ms: 250, growthMiB: 64 }
  : { seconds: 8, p99Ms: 5_000, growthMiB: 320 }

test('1,000 slow or idle connections and ten bombs a second fail no good request', async (t) => {
  await using stack = await servers()
  const topics = await makeTopics(stack.environment.KAFKA_BROKERS)
  const environment = {
    ...stack.environment,
    ...MALLOC_SETTINGS,
    KAFKA_TOPIC: topics.tracked,
    LOG_LEVEL: 'warn',
  }
  await using ingest = await startIngest(environment, V8_FLAGS)
  await ingest.whenReady()
  const report = await besiege({
    url: ingest.url,
    pid: ingest.pid,
    connections: 1_000,
    bombsPerSecond: 10,
    goodPerSecond: 50,
    seconds: bounds.seconds,
  })
  const growthMiB = Math.round(report.rssGrowthBytes / 1_024 ** 2)
  t.diagnostic(JSON.stringify({ ...report, growthMiB, bounds }))
  assert.deepEqual(report.failed, [], 'every good request is 200')
  assert.deepEqual(report.misjudgedBombs, [], 'every bomb is 413, or 503 when too many wait')
  assert.ok(report.heldConnections >= 900, `${report.heldConnections} connections were held`)
  assert.ok(report.p99Ms < bounds.p99Ms, `p99 was ${report.p99Ms} ms`)
  assert.ok(growthMiB <= bounds.growthMiB, `grew by ${growthMiB} MiB`)
  assert.match(
    ingest.output(),
    /^(?:.*"level":"?(?:warn|info|30|40).*\n?)*$/,
    'nothing but warnings',
  )
})
