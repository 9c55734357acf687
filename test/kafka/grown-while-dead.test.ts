// Kafka gives whoever comes under the name of a dead consumer what that one had, and asks no leader: not what the topic has grown by.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generationTopic } from '@custom-events/kafka'
import { counts, createWorld, type ConsumerProcess } from '../consumer/world.ts'
import { startIngest } from '../ingest/support.ts'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import { QUICK_LEASE, runTopic } from './growing.ts'

const PATIENT = { withinMs: 120_000 }
const EVENTS = 40
/** Nobody takes over from who has the name, and no session ends. */
const NAMED = { KAFKA_GROUP_INSTANCE_ID: 'same', KAFKA_SESSION_TIMEOUT_MS: '300000' }

async function ready(consumer: ConsumerProcess): Promise<void> {
  await eventually(async () => assert.deepEqual((await consumer.readiness()).reasons, []), PATIENT)
}

test(
  'a consumer that was dead while the topic grew reads the next generation, under the name that it had',
  { timeout: 480_000 },
  async () => {
    await using stack = await servers()
    await using world = await createWorld(stack, QUICK_LEASE)
    const { environment } = world
    const first = await world.startConsumer(NAMED)
    await ready(first)
    first.kill('SIGKILL')
    await first.exit
    const grown = await runTopic(['grow', '--partitions', '10', '--yes'], { environment })
    assert.equal(grown.code, 0, grown.output)
    await world.startConsumer(NAMED)

    await using ingest = await startIngest(environment)
    const next = generationTopic(world.topics.tracked, 2)
    const send = async (index: number): Promise<void> => {
      const event = {
        event: 'grown',
        event_id: `e-${index}`,
        group_id: `account_${index}`,
        user_id: 'u',
        timestamp: '2026-01-31T09:30:00Z',
      }
      const body = JSON.stringify(event)
      const response = await fetch(`${ingest.url}/track?receipt=1`, { method: 'POST', body })
      const text = await response.text()
      assert.ok(response.ok && text.includes(`"${next}"`), text)
    }
    for (let index = 0; index < EVENTS; index++) await eventually(() => send(index), PATIENT)
    await eventually(async () => assert.equal((await counts(world)).tracked, EVENTS), PATIENT)
  },
)
