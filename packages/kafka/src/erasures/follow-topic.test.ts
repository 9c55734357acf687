import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@custom-events/runtime'
import { startScriptedBrokers } from '../testing/scripted-broker.fixture.ts'
import type { ScriptedLog } from '../testing/scripted-log.fixture.ts'
import { followTopic } from './follow-topic.ts'

const topic = 'erased'

/** Reads once from a leader that says this of its log. */
async function readFrom(log: ScriptedLog): Promise<boolean> {
  const [broker] = await startScriptedBrokers(1, { topic, produceVersions: { min: 3, max: 7 } })
  assert.ok(broker)
  await using resources = new AsyncDisposableStack()
  resources.use(broker)
  broker.leaders = [1]
  broker.log = log
  const follower = resources.use(
    followTopic({
      kafka: { brokers: [broker.url], clientId: 'test', isTlsEnabled: false, sasl: null },
      topic,
      reader: { record: () => assert.fail('no record is shown'), forget: () => {} },
      log: createLogger({ service: 'test', level: 'silent' }),
    }),
  )
  return await follower.read(0)
}

test('a log is read to its end when nothing is left before it', async () => {
  assert.equal(await readFrom({ earliest: 5, latest: 5, highWatermark: 5 }), true)
  assert.equal(await readFrom({ earliest: 5, latest: 7, highWatermark: 7 }), false)
})

test('the high watermark of a new leader, which lags behind what was acknowledged, is no end', async () => {
  assert.equal(await readFrom({ earliest: 5, latest: 7, highWatermark: 5 }), false)
  await assert.rejects(
    readFrom({ earliest: 5, latest: null, highWatermark: 5 }),
    /LEADER_NOT_AVAILABLE/,
  )
})
