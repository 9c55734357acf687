import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before, describe, test, type TestContext } from 'node:test'
import { createEventCodec } from '@custom-events/codec'
import type { TrackedEvent } from '@custom-events/event'
import { startTestIngest, type TestIngest } from '../../services/ingest/src/testing/test-support.ts'
import { createKeyFinder, parseWriteKeys } from '../../services/ingest/src/auth/write-keys.ts'
import { eventually } from '../support/eventually.ts'
import { SDKS } from './clients.ts'
import type { AppEvent, Sdk } from './sdk.ts'
import { withoutSpace } from './text.ts'
import { startWitness, type Witness } from './witness.ts'

const KEY = 'app:secret' // of the form Jitsu insists on
const sha256 = createHash('sha256').update(KEY).digest('hex')
const keys = parseWriteKeys(JSON.stringify({ keys: [{ name: 'app', sha256 }] }))

interface WitnessedIngest extends TestIngest {
  /** Where SDKs send: every answer they get is held to the law. */
  readonly witness: Witness
}

/** Ingest that asks for a key and tells clients to wait for one second. */
async function startIngest(): Promise<WitnessedIngest> {
  const find = createKeyFinder(keys)
  const ingest = await startTestIngest({ keys: { isOff: false, find }, random: () => 0 })
  const witness = await startWitness(ingest.url)
  return {
    ...ingest,
    witness,
    [Symbol.asyncDispose]: async () => {
      await witness[Symbol.asyncDispose]()
      await ingest[Symbol.asyncDispose]()
      assert.deepEqual(witness.faults, [], 'every answer obeys the law of answers')
    },
  }
}

/** However the test ends, nothing of it goes on. */
function start(
  context: TestContext,
  sdk: Sdk,
  { witness }: WitnessedIngest,
  key: string,
): ReturnType<Sdk['start']> {
  const client = sdk.start(witness.url, key)
  context.after(() => client.kill?.())
  return client
}

function appEvents(count: number): readonly AppEvent[] {
  return Array.from({ length: count }, (_, n) => ({
    event: 'plan_changed',
    userId: `user_${n}`,
    groupId: `account_${n % 2}`,
    timestamp: new Date(Date.UTC(2024, 0, 1, 0, 0, n, 7)),
    properties: { plan: 'pro', n },
  }))
}

/** The statuses with which what was sent was answered; each once. */
function statusesAnswered({ witness }: WitnessedIngest): readonly number[] {
  const posts = witness.exchanges.filter(({ method }) => method === 'POST')
  return [...new Set(posts.map(({ status }) => status))].toSorted((one, other) => one - other)
}

function answersWith({ witness }: WitnessedIngest, wanted: number): number {
  return witness.exchanges.filter(({ method, status }) => method === 'POST' && status === wanted)
    .length
}

/** A page of another origin asks before it posts, but for a beacon; nobody else asks. */
function assertAskedFirst(sdk: Sdk, { witness }: WitnessedIngest): void {
  const posted = new Set(
    witness.exchanges.flatMap(({ method, path }) => (method === 'POST' ? path : [])),
  )
  const asked = witness.exchanges.filter(
    ({ method, path }) => method === 'OPTIONS' && posted.has(path),
  )
  const mustAsk = sdk.isBrowser === true && sdk.isBeacon !== true
  assert.equal(asked.length > 0, mustAsk, 'a preflight')
  assert.ok(asked.every(({ status }) => status === 204))
}

const identityOf = ({ group_id, event, timestamp, event_id }: TrackedEvent) =>
  JSON.stringify([group_id, event, timestamp, event_id])

/** What goes wrong between the first event and the moment it heals. */
const troubles = {
  'Kafka away': { isShed: true, isKept: () => false },
  'no acknowledgement': { isShed: false, isKept: () => false },
  'one account of two acknowledged': {
    isShed: false,
    isKept: (key: string) => key === 'account_0',
  },
} as const

/** Interpreters and virtual machines take their time to start. */
const PATIENT = { withinMs: 60_000 }
/** Each has an ingest of its own, and waits most of its time: for the next try of its SDK. */
const AT_ONCE = 4

describe('SDKs and an outage', { concurrency: AT_ONCE }, () => {
  before(() => Promise.all(SDKS.map(async (sdk) => (sdk.whyMissing ? null : sdk.prepare?.()))))

  for (const sdk of SDKS) {
    const skip = sdk.whyMissing ?? false
    test(
      `${sdk.name}: every event arrives once, under the name of its key`,
      { skip },
      async (context) => {
        await using ingest = await startIngest()
        const sent = appEvents(sdk.takesTimestamp ? 25 : 3)
        const client = start(context, sdk, ingest, KEY)
        for (const event of sent) client.track(event)
        client.identify('user_0')
        await client.close()
        await eventually(() => assert.equal(ingest.events().length, sent.length))
        const found = ingest
          .events()
          .map((event) => ({ ...event, n: JSON.parse(event.properties).n }))
        for (const event of sent) {
          const row = found.find(({ n }) => n === event.properties['n'])
          assert.deepEqual(
            [row?.event, row?.group_id, row?.user_id, withoutSpace(row?.properties), row?.source],
            [event.event, event.groupId, event.userId, JSON.stringify(event.properties), 'app'],
          )
          if (sdk.takesTimestamp) assert.equal(row?.timestamp, event.timestamp.getTime())
          assert.ok(row?.sent_at)
        }
        assert.deepEqual(statusesAnswered(ingest), [200])
        assertAskedFirst(sdk, ingest)
        assert.equal(ingest.rejectedEvents().length, 0)
      },
    )
  }

  for (const sdk of SDKS) {
    const skip = sdk.whyMissing ?? false
    test(`${sdk.name}: with a wrong key it asks once and gives up`, { skip }, async (context) => {
      await using ingest = await startIngest()
      const client = start(context, sdk, ingest, 'wrong:key')
      client.identify('user_0')
      await client.close()
      await eventually(() => assert.equal(answersWith(ingest, 401), 1))
      assert.deepEqual(statusesAnswered(ingest), [401])
    })
  }

  for (const sdk of SDKS.filter(({ isResending }) => isResending)) {
    const skip = sdk.whyMissing ?? false
    for (const [name, trouble] of Object.entries(troubles)) {
      if (sdk.isPatient && name !== 'one account of two acknowledged') continue // the hardest of them
      const title = `${sdk.name}: after ${name} it delivers by itself, nothing lost, nothing doubled`
      test(title, { skip }, async (context) => {
        await using ingest = await startIngest()
        const { producer } = ingest
        const acknowledge = producer.outcome
        assert.ok(acknowledge)
        const kept: TrackedEvent[] = []
        let isHealed = false
        producer.notReadyReason = trouble.isShed ? 'Kafka is away' : null
        producer.outcome = (record) => {
          if (!isHealed && !trouble.isKept(String(record.key))) {
            return { status: 'unacknowledged', reason: 'kafka_unavailable' }
          }
          if (record.value !== null) kept.push(createEventCodec().decode(record.value).value)
          return acknowledge(record)
        }
        const sent = appEvents(25)
        const client = start(context, sdk, ingest, KEY)
        for (const event of sent) client.track(event)
        const closed = client.close()
        await eventually(() => assert.ok(answersWith(ingest, 429) > 0), PATIENT)
        isHealed = true
        producer.notReadyReason = null
        await closed
        await eventually(() => {
          const arrived = new Set(kept.map(({ user_id }) => user_id))
          assert.equal(arrived.size, sent.length, 'nothing lost')
        })
        const identities = new Set(kept.map(identityOf))
        assert.equal(identities.size, sent.length, 'a resent event is the same event')
        if (name !== 'one account of two acknowledged') {
          assert.equal(kept.length, sent.length, 'and was not even produced twice')
        }
        assert.deepEqual(statusesAnswered(ingest), [200, 429])
      })
    }
  }
})
