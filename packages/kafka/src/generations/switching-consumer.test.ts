import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Consumer, ConsumerEvent } from '../consumer/consumer-port.ts'
import { createSwitchingConsumer } from './switching-consumer.ts'

const WAIT = { maxWaitMs: 0, signal: new AbortController().signal }

function scripted(leaving = Promise.resolve()) {
  const members: { readonly topics: readonly string[]; readonly said: string[] }[] = []
  const open = (topics: readonly string[]): Consumer => {
    const said: string[] = []
    members.push({ topics, said })
    let epoch = 0
    return {
      fetch: async (): Promise<ConsumerEvent> => ({
        kind: 'revoked',
        epoch: ++epoch,
        release: () => {},
      }),
      takeRecords: async (of) => (said.push(`take ${of.epoch}`), null),
      commit: async (of) => (said.push(`commit ${of}`), true),
      rejoin: () => said.push('rejoin'),
      notReadyReason: topics.join(),
      troubles: [],
      isNameTaken: false,
      backlog: [],
      foreignMembers: null,
      earlierMembers: null,
      [Symbol.asyncDispose]: async () => {
        said.push('leaves')
        await leaving
        said.push('left')
      },
    }
  }
  return { members, consumer: createSwitchingConsumer(['t'], open) }
}

test('other topics are read by a member anew, whose assignments go on being numbered', async () => {
  const { members, consumer } = scripted()
  const epochs = [await consumer.fetch(WAIT), await consumer.fetch(WAIT)]
  consumer.readTopics(['t'])
  assert.equal(members.length, 1, 'the same topics')
  consumer.readTopics(['t', 't.g2'])
  epochs.push(await consumer.fetch(WAIT))
  assert.deepEqual(
    epochs.map((event) => 'epoch' in event && event.epoch),
    [1, 2, 3],
  )
  assert.equal(await consumer.commit(2, []), false, 'of the member that has left')
  assert.equal(await consumer.commit(3, []), true)
  assert.equal(consumer.notReadyReason, 't,t.g2')
  await consumer[Symbol.asyncDispose]()
  assert.deepEqual(
    members.map(({ said }) => said),
    [
      ['leaves', 'left'],
      ['commit 1', 'leaves', 'left'],
    ],
  )
})

test('the next member joins when the last one has left: both may have one name', async () => {
  const left = Promise.withResolvers<void>()
  const { members, consumer } = scripted(left.promise)
  await consumer.fetch(WAIT)
  consumer.readTopics(['t', 't.g2'])
  consumer.readTopics(['t', 't.g2', 't.g3'])
  const next = consumer.fetch(WAIT)
  assert.equal(await consumer.commit(1, []), false, 'what was in hand is given up')
  assert.equal(members.length, 1)
  left.resolve()
  const event = await next
  assert.equal('epoch' in event && event.epoch, 2)
  assert.deepEqual(
    members.map(({ topics }) => topics),
    [['t'], ['t', 't.g2', 't.g3']],
  )
})
