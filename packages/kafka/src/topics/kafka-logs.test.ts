import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changedTopic, knownAfter, watchLogs } from './log-watch.ts'
import { decodeMetadata, encodeMetadataRequest } from './metadata-request.ts'

const id = (digit: string): string => [8, 4, 4, 4, 12].map((n) => digit.repeat(n)).join('-')

/** An answer of version 10, as Kafka writes it. */
function answer(topics: readonly { topic: string; id: string; errorCode: number }[]): Buffer {
  const text = (value: string): Buffer =>
    Buffer.concat([Buffer.of(value.length + 1), Buffer.from(value)])
  const broker = Buffer.concat([
    Buffer.alloc(4),
    text('localhost'),
    Buffer.alloc(4),
    Buffer.of(0, 0),
  ])
  const partition = Buffer.concat([Buffer.alloc(14), Buffer.of(2, 0, 0, 0, 1, 1, 1, 0)])
  return Buffer.concat([
    Buffer.of(0),
    Buffer.alloc(4),
    Buffer.of(2),
    broker,
    text('cluster'),
    Buffer.alloc(4),
    Buffer.of(topics.length + 1),
    ...topics.flatMap((each) => [
      Buffer.of(0, each.errorCode),
      text(each.topic),
      Buffer.from(each.id.replaceAll('-', ''), 'hex'),
      Buffer.of(0, 2),
      partition,
      Buffer.alloc(4),
      Buffer.of(1, 9, 1, 255), // a tag of a later version
    ]),
    Buffer.alloc(4),
    Buffer.of(0),
  ])
}

test('an answer tells the cluster and the id of each topic, whatever tags come with it', () => {
  const topics = [
    { topic: 'one', id: id('a'), errorCode: 0 },
    { topic: 'two', id: id('0'), errorCode: 29 },
  ]
  assert.deepEqual(decodeMetadata(answer(topics)), { clusterId: 'cluster', topics })
  assert.throws(() => decodeMetadata(answer(topics).subarray(0, 60)), RangeError)
})

test('a request names its topics and asks for nothing to be made', () => {
  const bytes = encodeMetadataRequest(['ab'])
  const expected = [0, 2, ...Array<number>(16).fill(0), 3, 97, 98, 0, 0, 0, 0, 0]
  assert.deepEqual([...bytes], expected)
})

const log = (topic: string, topicId: string) => ({ clusterId: 'c', topic, topicId })

test('a topic that was made anew is noticed; one that is away, or without an id, is not', () => {
  const before = [log('a', '1'), log('b', '2')]
  assert.equal(changedTopic(before, before), null)
  assert.equal(changedTopic(before, []), null)
  assert.equal(changedTopic(before, [log('c', '9')]), null)
  assert.equal(changedTopic(before, [log('b', '3'), log('a', '1')]), 'b')
  const meanwhile = knownAfter(before, [log('a', '1')])
  assert.equal(changedTopic(meanwhile, [log('b', '3')]), 'b', 'it was away in between')
})

test('after a topic was made anew nothing more is fetched until the logs are learned again', async () => {
  let topicId = id('1')
  let isAway = false
  const connection = {
    send: async () => ({
      clusterId: 'c',
      topics: [{ topic: 't', id: topicId, errorCode: isAway ? 3 : 0 }],
    }),
  }
  const broker = {
    versions: { 3: { minVersion: 0, maxVersion: 12 } },
    connectionPool: { getConnection: async () => connection },
  }
  const cluster = { brokerPool: { findConnectedBroker: async () => broker } }
  const watch = watchLogs(cluster as unknown as Parameters<typeof watchLogs>[0], ['t'])
  assert.deepEqual(await watch.learn(), [{ clusterId: 'c', topic: 't', topicId: id('1') }])
  isAway = true
  topicId = id('2')
  await watch.look()
  watch.mustBeSame()
  isAway = false
  await watch.look()
  assert.throws(() => watch.mustBeSame(), { name: 'OtherLog', message: /topic t was deleted/ })
  await watch.learn()
  watch.mustBeSame()
})
