// Every program works with exactly the rights of Kafka that docs/reference/rights.md lists; without each of them it says
// which one it lacks, and nothing is lost.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createOperator, RESOURCES, type KafkaNames, type KafkaRight } from '@custom-events/kafka'
import { eventually } from '../support/eventually.ts'
import { destroyKeys, erase, replay, setup } from './rights-commands.ts'
import {
  casesOf,
  mustName,
  NAMES,
  PATIENT,
  startRightsWorld,
  type Case,
  type RightsWorld,
  type Service,
} from './rights-world.ts'
import { kafkaOf, log } from './support.ts'

/** So many programs at once: they mostly wait. */
const SIDE_BY_SIDE = { concurrency: 8, timeout: 300_000 }

const resources = new AsyncDisposableStack()
let world: RightsWorld
/** With all rights of the table, as a consumer is, for the whole time. */
let ingest: Service
before(async () => {
  world = resources.use(await startRightsWorld())
})
after(() => resources.disposeAsync())

/** Whose keys are destroyed without which right. */
const keyUsers = new Map(casesOf('destroy-keys').map((each, place) => [each, `keys-${place}`]))

/** Ids of events that were acknowledged. */
const acknowledged: string[] = []

async function send(to: Service, id: string, change: object = {}, path = '/track') {
  const event = {
    event: 'e',
    event_id: id,
    group_id: 'g',
    user_id: 'u',
    timestamp: '2026-01-01T00:00:00Z',
    ...change,
  }
  const response = await fetch(to.url + path, { method: 'POST', body: JSON.stringify(event) })
  await response.arrayBuffer()
  return response.status
}

const post: typeof send = async (to, id, change, path) => {
  const status = await send(to, id, change, path)
  if (status === 200) acknowledged.push(id)
  return status
}

/** One whose property is sealed, so that there is a key of the user. */
const signsUp = (user: string) =>
  post(ingest, `of ${user}`, {
    event: 'signed_up',
    user_id: user,
    properties: { email: `${user}@b.c` },
  })

async function rows(sql: string): Promise<readonly string[]> {
  return (await world.clickhouse.query<{ readonly id: string }>(sql)).map(({ id }) => id)
}

/** Every acknowledged event is there, once, and nothing else. */
function nothingIsLost(): Promise<void> {
  return eventually(async () => {
    const there = await rows('SELECT event_id AS id FROM tracked ORDER BY id')
    assert.deepEqual(there, acknowledged.toSorted())
  }, PATIENT)
}

test('setup, ingest and consumer work with their rights', SIDE_BY_SIDE, async () => {
  const { isDone, text } = await setup((await world.somebody('setup')).environment)
  assert.ok(isDone, text)
  assert.doesNotMatch(text, /_AUTHORIZATION_FAILED/)
  const start = async (service: 'ingest' | 'consumer') =>
    resources.use(await world.start(service, (await world.somebody(service)).environment))
  ingest = await start('ingest')
  const consumer = await start('consumer')
  await Promise.all([ingest.becomesReady(), consumer.becomesReady()])
  assert.equal(await post(ingest, 'first'), 200)
  for (const user of [...keyUsers.values(), 'erased']) assert.equal(await signsUp(user), 200)
  // One that nobody can read, and one that is refused until its rule is mended.
  const junk = [{ partition: 0, key: 'k', value: 'of nobody' }]
  await createOperator(kafkaOf(world.admin), log).produce(NAMES.tracked, junk)
  await send(ingest, 'refused', { timestamp: '1999-01-01T00:00:00Z' })
  await nothingIsLost()
  await eventually(async () => {
    assert.equal((await rows('SELECT toString(1) AS id FROM dead_letters FINAL')).length, 1)
    assert.equal((await rows('SELECT toString(1) AS id FROM rejected_events FINAL')).length, 1)
  }, PATIENT)
  assert.doesNotMatch(ingest.output() + consumer.output(), /_AUTHORIZATION_FAILED/)
})

/** Where nothing is there yet: each in a deployment of its own. */
async function setupWithout({ missing, isOptional }: Case, place: number): Promise<void> {
  const names = { tracked: `rights-${place}.tracked`, consumerGroup: `rights-${place}` }
  const { environment } = await world.somebody('setup', missing, names)
  const mayNotChange = missing.operation === 'ALTER_CONFIGS'
  if (mayNotChange) await makeOtherwise(missing.resource, names)
  const { isDone, text } = await setup(environment)
  mustName(text, missing, names)
  assert.equal(isDone, isOptional && !mayNotChange, text)
}

/** A topic that setup would have to change: records go too early, and who is erased would be forgotten. */
async function makeOtherwise(resource: KafkaRight['resource'], names: KafkaNames): Promise<void> {
  const [topic] = RESOURCES[resource].of(names)
  const settings = { 'retention.ms': '3600000', 'cleanup.policy': 'delete' }
  const partitions = resource === 'topics' ? 3 : 1
  const operator = createOperator(kafkaOf(world.admin), log)
  // It may be made, and its leader not be known yet; once more makes no other.
  await eventually(() => operator.createTopic(topic?.name ?? '', partitions, settings), PATIENT)
}

async function ingestWithout({ missing, isOptional }: Case): Promise<void> {
  const id = `${missing.operation} ${missing.resource}`
  const { environment, mend } = await world.somebody('ingest', missing)
  await using mine = await world.start('ingest', environment)
  if (isOptional) {
    await mine.becomesReady()
    assert.equal(await post(mine, id, {}, '/track?wait=queryable'), 200)
    await eventually(() => mustName(mine.output(), missing), PATIENT)
    return
  }
  await eventually(async () => {
    const { isReady, text } = await mine.readiness()
    assert.ok(!isReady)
    mustName(text, missing)
  }, PATIENT)
  await post(mine, `${id}, not ready`)
  await mend()
  await mine.becomesReady()
  assert.equal(await post(mine, id), 200)
}

async function consumerWithout({ missing, isOptional }: Case, place: number): Promise<void> {
  const names = { ...NAMES, consumerGroup: `rights-consumer-${place}` }
  const { environment, mend } = await world.somebody('consumer', missing, names)
  await using mine = await world.start('consumer', environment)
  if (isOptional) {
    await mine.becomesReady()
    await eventually(() => mustName(mine.output(), missing, names), PATIENT)
  } else {
    await eventually(async () => {
      const { isReady, text } = await mine.readiness()
      assert.ok(!isReady)
      mustName(text, missing, names)
    }, PATIENT)
    await leavesWhatItMayNotRead(names.consumerGroup, missing.resource === 'dead_letters')
    await mend()
  }
  await eventually(async () => {
    const behind = (await world.offsets(names.consumerGroup)).filter(
      ({ committed, earliest, latest }) => (committed ?? earliest) < latest,
    )
    assert.deepEqual(behind, [], mine.output())
  }, PATIENT)
  await mine.becomesReady()
}

/** @param mayRead only what must be set aside is not passed. */
async function leavesWhatItMayNotRead(consumerGroup: string, mayRead: boolean): Promise<void> {
  const offsets = await world.offsets(consumerGroup)
  const passed = offsets.filter(({ topic, partition, committed, latest }) =>
    mayRead
      ? topic === NAMES.tracked && partition === 0 && committed === latest
      : committed !== null && committed > 0,
  )
  assert.deepEqual(passed, [])
}

async function replayWithout({ missing, isOptional }: Case): Promise<void> {
  const { environment } = await world.somebody('replay', missing)
  const { isDone, text } = await replay(environment)
  assert.equal(isDone, isOptional, text)
  if (!isOptional) mustName(text, missing)
}

async function eraseWithout({ missing }: Case): Promise<void> {
  const { environment } = await world.somebody('erase', missing)
  const { isDone, text } = await erase(environment, 'nobody')
  assert.ok(!isDone, text)
  mustName(text, missing)
}

test('without each right, side by side', SIDE_BY_SIDE, async (t) => {
  const all = [
    ...casesOf('consumer').map(
      (each, place) => [each, () => consumerWithout(each, place)] as const,
    ),
    ...casesOf('ingest').map((each) => [each, () => ingestWithout(each)] as const),
    ...casesOf('setup')
      // It reads of no topic that has not grown.
      .filter(
        ({ missing: { resource, operation } }) => resource !== 'topics' || operation !== 'READ',
      )
      .map((each, place) => [each, () => setupWithout(each, place)] as const),
    ...casesOf('replay').map((each) => [each, () => replayWithout(each)] as const),
    ...casesOf('erase')
      .filter(({ missing }) => missing.resource === 'erasures')
      .map((each) => [each, () => eraseWithout(each)] as const),
  ]
  await Promise.all(all.map(([{ title }, run]) => t.test(title, run)))
})

test('replay works with its rights, and nothing was lost', { timeout: 120_000 }, async () => {
  const { isDone, text } = await replay((await world.somebody('replay')).environment)
  assert.ok(isDone, text)
  acknowledged.push('refused') // by a replay, with all rights or without an optional one
  await nothingIsLost()
})

test('destroy-keys without each right, and with all', { timeout: 200_000 }, async (t) => {
  const full = (await world.somebody('destroy-keys')).environment
  for (const [each, user] of keyUsers) {
    const { title, missing, isOptional } = each
    await t.test(title, async () => {
      const { environment } = await world.somebody('destroy-keys', missing)
      const { isDone, text } = await destroyKeys(environment, user)
      mustName(text, missing)
      assert.equal(isDone, isOptional, text)
    })
  }
  const [first = ''] = keyUsers.values()
  const { isDone, text } = await destroyKeys(full, first)
  assert.ok(isDone, text)
  assert.doesNotMatch(text, /_AUTHORIZATION_FAILED/)
})

test(
  'erase goes on where a right was missing, and ends with all',
  { timeout: 200_000 },
  async () => {
    const ofKeys = casesOf('erase').filter(({ missing }) => missing.resource !== 'erasures')
    for (const { title, missing, isOptional } of ofKeys) {
      if (isOptional) continue // as destroy-keys, which it runs
      const { environment } = await world.somebody('erase', missing)
      const { isDone, text } = await erase(environment, 'erased')
      assert.ok(!isDone, title)
      mustName(text, missing)
    }
    const { isDone, text } = await erase((await world.somebody('erase')).environment, 'erased')
    assert.ok(isDone, text)
    assert.doesNotMatch(text, /_AUTHORIZATION_FAILED/)
    acknowledged.splice(acknowledged.indexOf('of erased'), 1)
    await nothingIsLost()
  },
)
