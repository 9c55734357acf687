import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { startStack } from '@custom-events/embedded'
import { eventually } from '../support/eventually.ts'
import { startTestPipeline, type TestPipeline } from '../support/pipeline.ts'
import { SDKS } from './clients.ts'
import type { AppEvent, Sdk } from './sdk.ts'
import { withoutSpace } from './text.ts'
import { startWitness, type Witness } from './witness.ts'

const EVENTS = 6

/** An SDK while it is refused, with what its app wants to have kept. */
interface Waiting {
  readonly sdk: Sdk
  readonly events: readonly AppEvent[]
  readonly witness: Witness
  readonly closed: Promise<void>
}

function eventsOf({ name }: Sdk): readonly AppEvent[] {
  return Array.from({ length: EVENTS }, (_, n) => ({
    event: 'plan_changed',
    userId: `user_${n}`,
    groupId: `group of ${name}`,
    timestamp: new Date(Date.UTC(2024, 0, 1, 0, 0, n, 7)),
    properties: { plan: 'pro', n },
  }))
}

const SENDING = SDKS.filter(({ isResending, whyMissing }) => isResending && !whyMissing)

before(() => Promise.all(SENDING.map(async (sdk) => sdk.prepare?.())))

test('Kafka goes and comes back: every SDK that resends delivers by itself, each event is one row', async (t) => {
  await using stack = await startStack()
  await using pipeline = await startTestPipeline({ servers: stack.environment })
  stack.kafka.kill('SIGKILL')
  await untilAway(pipeline)

  await using witnesses = new AsyncDisposableStack()
  const startAll = async (sdks: readonly Sdk[]): Promise<readonly Waiting[]> => {
    const waiting = await Promise.all(
      sdks.map(async (sdk) => {
        const witness = witnesses.use(await startWitness(pipeline.url))
        return startWaiting(sdk, witness)
      }),
    )
    await Promise.all(waiting.map(untilRefused))
    return waiting
  }
  const patient = await startAll(SENDING.filter(({ dropsSoon }) => !dropsSoon))
  await stack.kafka.restart()
  // Some drop an event after a few tries, within seconds: a Kafka that was frozen is back sooner than one that starts.
  stack.kafka.kill('SIGSTOP')
  await untilAway(pipeline)
  const hasty = await startAll(SENDING.filter(({ dropsSoon }) => dropsSoon))
  stack.kafka.kill('SIGCONT')
  const waiting = [...patient, ...hasty]
  await Promise.all(waiting.map(({ closed }) => closed))
  for (const { sdk, witness } of waiting) {
    const statuses = witness.exchanges.map(({ status }) => status).join(' ')
    t.diagnostic(`${sdk.name} was answered ${statuses}`)
  }
  for (const one of waiting) await assertRows(pipeline, one)
})

function untilAway(pipeline: TestPipeline): Promise<void> {
  return eventually(async () => {
    const answer = await pipeline.post('/track', '{"event":"x","group_id":"g","user_id":"u"}')
    assert.equal(answer.status, 503)
  })
}

function startWaiting(sdk: Sdk, witness: Witness): Waiting {
  const client = sdk.start(witness.url, 'app:secret')
  const events = eventsOf(sdk)
  for (const event of events) client.track(event)
  const closed = client.close()
  closed.catch(() => {}) // awaited once Kafka is back
  return { sdk, events, witness, closed }
}

function untilRefused({ sdk, witness }: Waiting): Promise<void> {
  return eventually(
    () => {
      const isRefused = witness.exchanges.some(({ status }) => status === 429 || status === 503)
      assert.ok(isRefused, `${sdk.name} has not been refused yet`)
    },
    { withinMs: 120_000 },
  )
}

interface Row {
  readonly user_id: string
  readonly timestamp: string
  readonly properties: string
}

async function assertRows(
  pipeline: TestPipeline,
  { sdk, events, witness }: Waiting,
): Promise<void> {
  const expected = events.map(({ userId, timestamp, properties }) => ({
    user_id: userId,
    timestamp: timestamp.toISOString().replace('T', ' ').replace('Z', ''),
    properties: JSON.stringify(properties),
  }))
  await eventually(
    async () => {
      const rows = await pipeline.query<Row>(
        `SELECT user_id, timestamp, properties FROM tracked
       WHERE group_id = 'group of ${sdk.name}' ORDER BY timestamp`,
      )
      const stored = rows.map((row) => ({ ...row, properties: withoutSpace(row.properties) }))
      assert.deepEqual(stored, expected, sdk.name)
    },
    { withinMs: 120_000 },
  )
  assert.deepEqual(witness.faults, [], `every answer to ${sdk.name} obeys the law of answers`)
}
