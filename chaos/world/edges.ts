import assert from 'node:assert/strict'
import { setupVariables } from '../../cli/src/config.ts'
import { consumerVariables } from '../../services/consumer/src/config.ts'
import { ingestVariables } from '../../services/ingest/src/config.ts'
import { allAt, boundsOf, type Bounds } from './bounds.ts'
import type { ScenarioWorld } from './scenario-world.ts'

/** Not at their edge here, and why. */
const WITHOUT = new Set([
  'PORT', // given by the harness, which must know them
  'OPS_PORT',
  'WORKERS', // 64 processes: test/ingest/workers.test.ts has a few
  'KAFKA_REPLICATION_FACTOR', // as many as there are brokers, of which there is one; else setup says why
  'KAFKA_MIN_INSYNC_REPLICAS',
  'CLICKHOUSE_SHARDS', // as many as there are ClickHouses, of which there is one
])
const DAY_MS = 86_400_000
/** At the largest a batch waits for half a minute, and that of the dead letters, which begins then, as long again. */
const WITHIN_MS = 120_000
/** Of JSON, as an event may have at most 256 KiB. */
const LARGE = 250_000

/** Every whole number of every program at once. The smallest that are on: 0 switches some off, which is usual. */
export function environmentAt(edge: keyof Bounds): Readonly<Record<string, string>> {
  const bounds = boundsOf({ ...setupVariables, ...consumerVariables, ...ingestVariables })
  const on = new Map([...bounds].map(([name, { min, max }]) => [name, { min: min || 1, max }]))
  return allAt(edge, on, WITHOUT)
}

/**
 * The least that must work with any numbers that are allowed: a small event, one as large as may be and one as far ahead
 * as may be become rows, a bad one and junk are kept aside, and all programs end when they are told to.
 */
export async function expectItWorks(world: ScenarioWorld): Promise<void> {
  const { ingest, consumer } = await world.start()
  const aheadMs = Number(world.environment['EVENT_MAX_DAYS_AHEAD']) * DAY_MS - 3_600_000
  const timestamp = new Date().toISOString()
  const event = { event: 'edge', group_id: 'g', user_id: 'u', timestamp }
  const events = [
    { ...event, event_id: 'small' },
    { ...event, event_id: 'large', properties: { text: 'x'.repeat(LARGE) } },
    { ...event, event_id: 'ahead', timestamp: new Date(Date.now() + aheadMs).toISOString() },
  ]
  for (const each of events) await postUntil(200, world, () => ingest.post(JSON.stringify(each)))
  await postUntil(400, world, () => ingest.post(JSON.stringify({ ...event, event: '' })))
  await world.putPoison([{ partition: 0, key: 'junk', value: Buffer.from('junk') }])

  const shouldBe = [['ahead,large,small', '1', '1']]
  const counts = `SELECT (SELECT arrayStringConcat(arraySort(groupArray(event_id)), ',') FROM tracked),
    (SELECT toString(count()) FROM rejected_events FINAL), (SELECT toString(count()) FROM dead_letters FINAL)`
  await world.until(async () => assert.deepEqual(await world.ask(counts), shouldBe), WITHIN_MS)
  await world.execute('OPTIMIZE TABLE events FINAL') // what a TTL takes goes now
  assert.deepEqual(await world.ask(counts), shouldBe)
  assert.deepEqual([await ingest.stop(), await consumer.stop()], [0, 0])
}

/** The smallest rates are an event a second: 429 is an answer like any other, and waited for. */
async function postUntil(
  status: number,
  world: ScenarioWorld,
  post: () => Promise<{ readonly status: number; readonly text: string }>,
): Promise<void> {
  await world.until(async () => {
    const answer = await post()
    assert.equal(answer.status, status, answer.text)
  })
}
