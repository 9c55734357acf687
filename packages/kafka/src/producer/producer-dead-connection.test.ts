import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@custom-events/runtime'
import { createProducer } from './producer.ts'
import { acknowledged, startScriptedBrokers } from '../testing/scripted-broker.fixture.ts'
import { eventually } from '../../../../test/support/eventually.ts'

const topic = 't'

async function open(resources: AsyncDisposableStack) {
  const [broker] = await startScriptedBrokers(1, { topic, produceVersions: { min: 3, max: 11 } })
  assert.ok(broker)
  resources.use(broker)
  const producer = resources.use(
    createProducer({
      kafka: { brokers: [broker.url], clientId: 'test', isTlsEnabled: false, sasl: null },
      partitionCountByTopic: { [topic]: 2 },
      log: createLogger({ service: 'test', level: 'silent' }),
    }),
  )
  await eventually(() => assert.equal(producer.notReadyReason, null))
  const produce = async () => {
    const record = { topic, partition: 0, key: null, value: Buffer.from('x') }
    return (await producer.produce([record]))[0]?.status
  }
  const worksAgain = (): Promise<void> =>
    eventually(async () => assert.equal(await produce(), 'acknowledged'), { withinMs: 15_000 })
  assert.equal(await produce(), 'acknowledged')
  return { broker, worksAgain }
}

test('a connection that is dead without a word is given up: another takes what is produced next', async () => {
  await using resources = new AsyncDisposableStack()
  const { broker, worksAgain } = await open(resources)
  broker.forgetConnections() // as a firewall does that starts anew
  await worksAgain()
})

test('a connection that was reset in the middle of an answer works again', async () => {
  await using resources = new AsyncDisposableStack()
  const { broker, worksAgain } = await open(resources)
  let isCut = false
  broker.answer = (parts) => {
    const answer = isCut ? acknowledged(parts) : 'cut'
    isCut = true
    return answer
  }
  await worksAgain()
})
