import assert from 'node:assert/strict'
import { test } from 'node:test'
import { erasedIdOf, writeComplete, writeErasure, type IdKind } from '@custom-events/event'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../../../../test/support/eventually.ts'
import { writeGeneration } from '../generations/generation-record.ts'
import { followErasures, type Erasures } from './erasures.ts'
import type { TopicReader } from './follow-topic.ts'

const kafka = { brokers: ['127.0.0.1:1'], clientId: 't', isTlsEnabled: false, sasl: null }
const log = createLogger({ service: 'test', level: 'silent' })
const ALWAYS = { timestampBefore: null, receivedBefore: null }

function bytesOf(kind: IdKind, id: string) {
  return writeErasure({
    ...erasedIdOf(kind, id),
    spans: [ALWAYS],
    erasureId: 'e',
    askedBy: '',
    askedAt: 0,
  })
}

/** A topic in memory: what is added is read by the next call; with `failure` none answers. */
function scripted(maxErasures?: number, { isFilled = true } = {}) {
  let offset = 0
  const todo: ((reader: TopicReader) => void)[] = []
  const script = { failure: null as Error | null, isAtEnd: true }
  const erasures = followErasures({
    kafka,
    topic: 'events.erased.v1',
    log,
    ...(maxErasures === undefined ? {} : { maxErasures }),
    follow: (reader) => ({
      read: async () => {
        await new Promise((resolve) => setImmediate(resolve))
        if (script.failure !== null) throw script.failure
        for (const each of todo.splice(0)) each(reader)
        return script.isAtEnd
      },
      [Symbol.asyncDispose]: async () => {},
    }),
  })
  const add = (key: Buffer | null, value: Buffer | null): void =>
    void todo.push((reader) =>
      reader.record({ partition: 0, offset: offset++, timestampMs: 0, key, value, headers: {} }),
    )
  const fill = (): void => add(writeComplete().key, writeComplete().value)
  if (isFilled) fill()
  return { erasures, add, fill, script, todo }
}

const isErased = ({ ids }: Erasures, user: string): boolean =>
  ids.has('user', Buffer.from(user), { timestamp: 0, receivedAt: 0 })

test('nothing is known before the topic was read to its end, and its age is that of the last time', async () => {
  const { erasures, add, script } = scripted()
  await using _ = erasures
  script.isAtEnd = false
  const { key, value } = bytesOf('user', 'u')
  add(key, value)
  await eventually(() => assert.equal(erasures.ids.size, 1), { everyMs: 5 })
  assert.match(erasures.notReadyReason ?? '', /not known yet/)
  assert.equal(erasures.ageMs, Infinity)
  script.isAtEnd = true
  await eventually(() => assert.equal(erasures.notReadyReason, null), { everyMs: 5 })
  assert.ok(erasures.ageMs < 10_000)
  script.failure = new Error('broker away')
  await eventually(() => assert.equal(erasures.trouble, 'broker away'), { everyMs: 5 })
  assert.equal(erasures.notReadyReason, null, 'what is known stays known')
  assert.ok(isErased(erasures, 'u'))
})

test('a later record replaces an earlier, a tombstone takes it away, a topic made anew takes nobody away', async () => {
  const { erasures, add, todo } = scripted()
  await using _ = erasures
  const [one, other] = [bytesOf('user', 'u'), bytesOf('user', 'v')]
  add(one.key, one.value)
  add(other.key, other.value)
  await eventually(() => assert.equal(erasures.ids.size, 2), { everyMs: 5 })
  const before = erasures.version
  add(one.key, null)
  await eventually(() => assert.ok(!isErased(erasures, 'u') && isErased(erasures, 'v')), {
    everyMs: 5,
  })
  assert.ok(erasures.version > before)
  const emptied = erasures.version
  todo.push((reader) => reader.forget())
  await eventually(() => assert.ok(erasures.version > emptied && erasures.ageMs < Infinity), {
    everyMs: 5,
  })
  assert.ok(isErased(erasures, 'v'), 'until setup has filled it, it says nothing of anybody')
})

test('a record that is not understood makes it not ready, until one of the same key replaces it', async () => {
  const { erasures, add } = scripted()
  await using _ = erasures
  const { key, value } = bytesOf('user', 'u')
  add(key, Buffer.from('{"v":2}'))
  await eventually(
    () =>
      assert.match(
        erasures.notReadyReason ?? '',
        /0@1: its "v" is 2, expected 1.*--discard-unreadable/,
      ),
    { everyMs: 5 },
  )
  assert.deepEqual([...erasures.unreadableKeys()], [key.toString()])
  add(key, value)
  await eventually(() => assert.equal(erasures.notReadyReason, null), { everyMs: 5 })
  assert.ok(isErased(erasures, 'u'))
})

test('more erasures than are held are told, and none that is held is lost', async () => {
  const { erasures, add } = scripted(2)
  await using _ = erasures
  for (const user of ['a', 'b', 'c']) {
    const { key, value } = bytesOf('user', user)
    add(key, value)
  }
  await eventually(
    () => assert.match(erasures.notReadyReason ?? '', /more than 2 erasures: 1 are not known/),
    { everyMs: 5 },
  )
  assert.deepEqual(
    ['a', 'b', 'c'].map((user) => isErased(erasures, user)),
    [true, true, false],
  )
})

test('an empty topic says nothing until it is marked as filled, and one made anew is empty again', async () => {
  const { erasures, fill, todo } = scripted(undefined, { isFilled: false })
  await using _ = erasures
  await eventually(() => assert.ok(erasures.ageMs < Infinity), { everyMs: 5 })
  assert.match(erasures.notReadyReason ?? '', /does not say that it is complete.*npm run setup/)
  fill()
  await eventually(() => assert.equal(erasures.notReadyReason, null), { everyMs: 5 })
  assert.equal(erasures.ids.size, 0)
  todo.push((reader) => reader.forget())
  await eventually(() => assert.match(erasures.notReadyReason ?? '', /complete/), { everyMs: 5 })
})

test('a generation is announced by the same topic; one that is not complete vouches for none', async () => {
  const { erasures, add, fill, todo } = scripted(undefined, { isFilled: false })
  await using _ = erasures
  await eventually(() => assert.ok(erasures.ageMs < Infinity), { everyMs: 5 })
  assert.equal(erasures.announcements.readAt, null)
  const record = { generation: 2, topic: 't.g2', partitions: 48, isOpen: true }
  const { key, value } = writeGeneration(record)
  add(key, value)
  fill()
  await eventually(() => assert.notEqual(erasures.announcements.readAt, null), { everyMs: 5 })
  assert.deepEqual(
    erasures.announcements.announced.map(({ topic }) => topic),
    ['t.g2'],
  )
  assert.equal(erasures.notReadyReason, null)
  todo.push((reader) => reader.forget())
  await eventually(() => assert.match(erasures.notReadyReason ?? '', /complete/), { everyMs: 5 })
  const { readAt } = erasures.announcements
  await eventually(() => assert.ok(erasures.ageMs < Infinity), { everyMs: 5 })
  assert.equal(erasures.announcements.readAt, readAt)
  assert.equal(erasures.announcements.announced.length, 1, 'it is kept')
})
