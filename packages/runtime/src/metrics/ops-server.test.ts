import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from './metrics.ts'
import { startOpsServer } from './ops-server.ts'

test('the ops port answers live, ready with its reasons, and metrics', async () => {
  const metrics = createMetrics({
    accepted: { type: 'counter', name: 'events_accepted_total', help: 'Accepted events.' },
    rejected: {
      type: 'counter',
      name: 'events_rejected_total',
      help: 'Rejected events.',
      labels: { code: ['bad', 'worse'] },
    },
  })
  let reasons: readonly string[] = ['Kafka is away']
  await using server = await startOpsServer({
    host: '127.0.0.1',
    port: 0,
    readiness: () => ({ isReady: reasons.length === 0, reasons }),
    expose: metrics.expose,
  })
  const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`)

  assert.equal((await get('/health/live')).status, 200)
  const notReady = await get('/health/ready')
  assert.equal(notReady.status, 503)
  assert.deepEqual(await notReady.json(), { status: 'not ready', reasons: ['Kafka is away'] })
  reasons = []
  assert.equal((await get('/health/ready')).status, 200)
  assert.match(await (await get('/metrics')).text(), /^custom_events_ready 1$/m)
  reasons = ['Kafka is away']
  assert.match(await (await get('/metrics')).text(), /^custom_events_ready 0$/m)

  metrics.accepted.inc(2)
  const text = await (await get('/metrics')).text()
  assert.match(text, /^custom_events_events_accepted_total 2$/m)
  assert.match(text, /^custom_events_events_rejected_total\{code="worse"\} 0$/m)
  assert.match(
    text,
    /^custom_events_build_info\{version="\d+\.\d+\.\d+(\+[\w.-]+)?",node="v\d+\.\d+\.\d+"\} 1$/m,
  )
  assert.equal((await get('/nothing')).status, 404)
})
