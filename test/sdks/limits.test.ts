import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Analytics } from '@segment/analytics-node'
import { countOf, startTestIngest } from '../../services/ingest/src/testing/test-support.ts'
import { eventually } from '../support/eventually.ts'

test('@segment/analytics-node under a limit: it waits as told, nothing lost, nothing doubled', async () => {
  const rule = { eventsPerSecond: 20, burstEvents: 20 }
  let startedAt: number | null = null // time stands still until the limit was felt
  await using ingest = await startTestIngest({
    rateLimits: { key: rule, account: rule },
    clock: () => (startedAt === null ? 0 : performance.now() - startedAt),
    random: () => 0,
  })
  const client = new Analytics({ host: ingest.url, writeKey: 'app', flushAt: 5 })
  const sent = Array.from({ length: 60 }, (_, n) => `user_${n}`)
  for (const userId of sent) {
    client.track({ event: 'plan_changed', userId, context: { groupId: 'account_789' } })
  }
  const closed = client.closeAndFlush({ timeout: 60_000 })
  await eventually(async () => assert.ok((await countOf(ingest.metrics.rateLimited)) > 0))
  assert.ok(ingest.events().length <= rule.burstEvents)
  startedAt = performance.now()
  await closed
  const arrived = await eventually(() => {
    const users = ingest.events().map(({ user_id: userId }) => userId)
    assert.equal(new Set(users).size, sent.length, 'nothing lost')
    return users
  })
  assert.equal(arrived.length, sent.length, 'nothing doubled')
  const { values } = await ingest.metrics.requests.get()
  const answered = values.filter(({ value }) => value > 0).map(({ labels }) => labels['status'])
  assert.deepEqual(answered, ['200', '429'], 'it was limited')
})
