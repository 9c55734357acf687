// ?wait=queryable: the answer comes when the row can be selected, or says that it cannot yet.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { erasedTopic, createOperator, topicNames } from '@custom-events/kafka'
import { startStack } from '@custom-events/embedded'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'
import { startTestPipeline, type TestPipeline } from '../support/pipeline.ts'
import { kafkaAt, makeTopics, startIngest } from './support.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const FAST = { BATCH_MAX_AGE_MS: '100', KAFKA_SESSION_TIMEOUT_MS: '6000' }
const EACH = 20
const AT_ONCE = 10

let pipeline: TestPipeline
before(async () => {
  pipeline = await startTestPipeline({ environment: FAST })
})
after(() => pipeline[Symbol.asyncDispose]())

const event = (id: string, group = 'g') =>
  `{"event":"e","group_id":"${group}","user_id":"u","event_id":"${id}","timestamp":"2023-11-03T10:15:20.123Z"}`

interface Waited {
  readonly status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- the shape is what each test asserts
  readonly body: any
  readonly ms: number
}

async function waitAt(url: string, body: string): Promise<Waited> {
  const startedAt = performance.now()
  const response = await fetch(`${url}/track?wait=queryable`, { method: 'POST', body })
  const answer: unknown = await response.json()
  return { status: response.status, body: answer, ms: performance.now() - startedAt }
}

const rowsOf = (ids: readonly string[]) =>
  pipeline.query<{ readonly event_id: string }>(
    `SELECT event_id FROM tracked WHERE event_id IN (${ids.map((id) => `'${id}'`).join()})`,
  )

test(`the row is there when the answer arrives, ${EACH * AT_ONCE} times`, async () => {
  const sendAll = async (sender: number): Promise<void> => {
    for (let n = 0; n < EACH; n++) {
      const id = `row-${sender}-${n}`
      const { status, body } = await waitAt(pipeline.url, event(id, `g${sender}`))
      assert.deepEqual([status, body.queryable], [200, true], JSON.stringify(body))
      assert.equal((await rowsOf([id])).length, 1, id)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => sendAll(n)))
})

test('a list is queryable when all of its accounts are, an event sent again when its new copy is', async () => {
  const ids = Array.from({ length: 40 }, (_, n) => `list-${n}`)
  const list = `[${ids.map((id, n) => event(id, `account-${n}`)).join()}]`
  for (let time = 0; time < 2; time++) {
    const { body } = await waitAt(pipeline.url, list)
    assert.deepEqual([body.accepted, body.queryable], [40, true])
    assert.equal((await rowsOf(ids)).length, 40)
  }
})

test('workers wait as one process does', async () => {
  const ingest = await startIngest({ ...pipeline.environment, WORKERS: '2' })
  await using _ = ingest
  await ingest.whenReady()
  const ids = Array.from({ length: 8 }, (__, n) => `worker-${n}`)
  const answers = await Promise.all(ids.map((id) => waitAt(ingest.url, event(id))))
  assert.ok(answers.every(({ body }) => body.queryable === true))
  assert.equal((await rowsOf(ids)).length, ids.length)
})

test('without a consumer the answer comes in time: accepted, and not queryable yet', async () => {
  const [consumer] = pipeline.consumers
  await consumer?.stop()
  const [answer, plain] = await Promise.all([
    waitAt(pipeline.url, event('away')),
    pipeline.post('/track', event('plain')),
  ])
  assert.equal(plain.status, 200)
  const { status, body, ms } = answer
  assert.deepEqual([status, body.success, body.accepted, body.queryable], [200, true, 1, false])
  assert.equal(body.warnings[0].code, 'not_queryable_yet')
  assert.ok(ms > 5_000 && ms < 7_500, `answered after ${ms} ms`)

  const waiting = waitAt(pipeline.url, event('back'))
  await pipeline.startConsumer()
  assert.equal((await waiting).body.queryable, true)
  assert.equal((await rowsOf(['away', 'back'])).length, 2)
})

test('an instance that stops keeps nobody waiting, and who has left holds nothing up', async () => {
  const ingest = await startIngest({ ...pipeline.environment, KAFKA_CONSUMER_GROUP: 'of-nobody' })
  await using _ = ingest
  await ingest.whenReady()
  const leaving = new AbortController()
  const left = fetch(`${ingest.url}/track?wait=queryable`, {
    method: 'POST',
    body: event('left'),
    signal: leaving.signal,
  })
  const stays = waitAt(ingest.url, event('stays'))
  await eventually(async () => {
    const metrics = await (await fetch(`${ingest.opsUrl}/metrics`)).text()
    assert.match(metrics, /events_accepted_total 2\n/)
  })
  leaving.abort()
  await assert.rejects(left)
  ingest.kill('SIGTERM')
  const { body, ms } = await stays
  assert.deepEqual([body.accepted, body.queryable], [1, false])
  assert.ok(ms < 6_000, `${ms} ms`)
  assert.equal(await ingest.exited, 0)
})

test('offsets that the group committed of a topic that is gone vouch for nothing', async () => {
  const brokers = pipeline.environment['KAFKA_BROKERS'] ?? ''
  const topics = await makeTopics(brokers, 1)
  const group = `stale.${topics.tracked}`
  const operator = createOperator(kafkaAt(brokers), log)
  const records = Array.from({ length: 1_000 }, () => ({ partition: 0, key: 'k', value: 'v' }))
  await operator.produce(topics.tracked, records)
  await operator.setOffsets(group, topics.tracked, new Map([[0, 5_000]]))
  await using ingest = await startIngest({
    ...pipeline.environment,
    KAFKA_TOPIC: topics.tracked,
    KAFKA_PARTITIONS: '1',
    KAFKA_CONSUMER_GROUP: group,
  })
  await ingest.whenReady()
  assert.equal((await waitAt(ingest.url, event('stale'))).body.queryable, false)
  await operator.setOffsets(group, topics.tracked, new Map([[0, 1_002]]))
  assert.equal((await waitAt(ingest.url, event('true'))).body.queryable, true)
})

test('without the right to see the group the log names it, not the answer, and nothing else suffers', async () => {
  await using stack = await startStack({ secure: true })
  const { secure } = stack
  assert.ok(secure !== null)
  await using own = await startTestPipeline({ servers: stack.environment, environment: FAST })
  const { KAFKA_TOPIC: topic = '', KAFKA_CONSUMER_GROUP: group = '' } = own.environment
  const { rejected, keys } = topicNames(topic)
  const mayWrite = [topic, rejected, keys].flatMap((name) => [
    { resource: 'topic', name, operation: 'write' } as const,
    { resource: 'topic', name, operation: 'describe' } as const,
  ])
  const mayRead = { resource: 'topic', name: erasedTopic(topic), operation: 'read' } as const
  const user = await secure.makeUser('ingest', [...mayWrite, mayRead])
  await using ingest = await startIngest({
    ...own.environment,
    ...user.environment,
    KAFKA_TOPIC: topic,
  })
  await ingest.whenReady()
  const { status, body, ms } = await waitAt(ingest.url, event('denied'))
  assert.deepEqual([status, body.accepted, body.queryable], [200, 1, false])
  assert.equal(body.warnings[0].code, 'queryable_unknown')
  assert.ok(!JSON.stringify(body).includes(group), 'the group is named to whoever may write')
  assert.match(ingest.output(), new RegExp(`grant DESCRIBE on group ${group}`))
  assert.ok(ms < 5_000, `${ms} ms`)
  await user.allow({ resource: 'group', name: group, operation: 'describe' })
  await eventually(async () => {
    assert.equal((await waitAt(ingest.url, event('allowed'))).body.queryable, true)
  })
})
