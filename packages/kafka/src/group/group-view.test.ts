import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGroupView, FRESH_MS, JOIN_AGAIN_MS } from './group-view.ts'
import { KafkaCodeError } from '../errors/kafka-errors.ts'
import { createTroubleBoard, TELL_AFTER_MS } from './trouble-board.ts'

const GROUP_AUTHORIZATION_FAILED = 30
const REQUEST_TIMED_OUT = 7
const partitions = [
  { topic: 't', partition: 0 },
  { topic: 't', partition: 1 },
]
const ours = {
  memberId: 'ours',
  clientId: 'custom-events',
  host: '/1',
  topics: ['t'],
  assigned: partitions.slice(0, 1),
  makesClaims: true,
}
const stranger = { ...ours, memberId: 'stranger', topics: ['other'], assigned: [] }
const backlog = [
  { topic: 't', partition: 0, lag: 5, oldestMs: null, retentionMs: null, retentionBytes: null },
]

function viewOf() {
  const clock = { nowMs: 0 }
  const told: string[] = []
  const tell = (_: unknown, text?: string): void => void told.push(text ?? '')
  const log = { warn: tell, info: tell, debug: () => {} }
  const board = createTroubleBoard({ log, now: () => clock.nowMs })
  const now = (): number => clock.nowMs
  const joins: number[] = []
  const view = createGroupView({
    consumerGroup: 'g',
    topics: ['t'],
    board,
    log,
    joinAgain: () => void joins.push(now()),
    now,
  })
  const lookAt = (members: Parameters<typeof view.sawMembers>[1]): void => {
    view.sawBacklog(backlog)
    view.sawMembers(partitions, members)
    view.looked()
  }
  const causes = (): readonly string[] => board.troubles.map(({ cause }) => cause)
  return { clock, told, view, lookAt, causes, joins }
}

test('a foreign member and a partition that nobody was given are told while they are seen', () => {
  const { view, lookAt, causes } = viewOf()
  lookAt([ours, stranger])
  assert.deepEqual(causes(), ['foreign_member'])
  lookAt([ours, stranger])
  assert.deepEqual([causes(), view.foreignMembers], [['foreign_member', 'unassigned'], 1])
  lookAt([{ ...ours, assigned: partitions }])
  assert.deepEqual([causes(), view.foreignMembers], [[], 0])
})

test('a group that cannot be looked at is told once, and so is that it is seen again', () => {
  const { clock, told, view, lookAt } = viewOf()
  lookAt([{ ...ours, assigned: partitions }])
  for (; clock.nowMs < 10 * TELL_AFTER_MS; clock.nowMs += 5_000) {
    view.failed(new KafkaCodeError(REQUEST_TIMED_OUT))
    if (clock.nowMs < TELL_AFTER_MS) assert.deepEqual(told, [], 'it may pass by itself')
  }
  assert.equal(told.length, 1)
  assert.match(
    told[0] ?? '',
    /its lag and its members are unknown: consumer group g: .*REQUEST_TIMED_OUT/,
  )
  lookAt([{ ...ours, assigned: partitions }])
  assert.deepEqual(told.slice(1), ['the consumer group is seen again'])
})

test('a right that is missing is told at once', () => {
  const { told, view } = viewOf()
  view.failed(new KafkaCodeError(GROUP_AUTHORIZATION_FAILED))
  view.failed(new KafkaCodeError(GROUP_AUTHORIZATION_FAILED))
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', /GROUP_AUTHORIZATION_FAILED.*grant READ/)
})

test('what was seen long ago is unknown: not told on, and not said to be over', () => {
  const { clock, told, view, lookAt, causes } = viewOf()
  lookAt([ours, stranger])
  lookAt([ours, stranger])
  assert.deepEqual(causes(), ['foreign_member', 'unassigned'])
  clock.nowMs = FRESH_MS
  view.failed(new KafkaCodeError(REQUEST_TIMED_OUT))
  assert.deepEqual([causes().length, view.foreignMembers, view.backlog.length], [2, 1, 1])
  clock.nowMs = FRESH_MS + 1
  view.failed(new KafkaCodeError(REQUEST_TIMED_OUT))
  assert.deepEqual([causes(), view.foreignMembers, view.backlog], [[], null, []])
  assert.equal(told.filter((text) => text.includes('is over')).length, 0, told.join('\n'))
})

test('a group that only rebalances for long has unknown members, too', () => {
  const { clock, view, lookAt, causes } = viewOf()
  lookAt([ours, stranger])
  for (; clock.nowMs <= FRESH_MS + 5_000; clock.nowMs += 5_000) lookAt(null)
  assert.deepEqual([causes(), view.foreignMembers, view.backlog], [[], null, backlog])
})

test('members of an earlier release are counted, and told of once until the last is gone', () => {
  const { told, view, lookAt, causes } = viewOf()
  const whole = { ...ours, assigned: partitions }
  const old = { ...ours, memberId: 'old', host: '/2', assigned: [], makesClaims: false }
  lookAt([whole])
  assert.deepEqual([view.earlierMembers, told], [0, []])
  lookAt([whole, old, { ...old, memberId: 'older' }])
  lookAt([whole, old])
  lookAt(null)
  assert.deepEqual([view.earlierMembers, causes()], [1, []])
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', /2 .* are of an earlier release: .*an-upgrade-is-half-done/)
  lookAt([whole])
  assert.equal(view.earlierMembers, 0)
  assert.deepEqual(told.slice(1), ['no member of the consumer group is of an earlier release now'])
})

test('a partition that stays nobody’s makes us join again, now and then, but not beside members unlike us', () => {
  const { clock, lookAt, joins } = viewOf()
  const old = { ...ours, memberId: 'old', assigned: [], makesClaims: false }
  for (const unlikeUs of [stranger, old])
    for (let look = 0; look < 3; look++) lookAt([ours, unlikeUs])
  assert.deepEqual(joins, [])
  lookAt([{ ...ours, assigned: partitions }])
  lookAt([ours])
  assert.deepEqual(joins, [], 'what moves is nobody’s for a moment')
  const { first } = JOIN_AGAIN_MS
  for (; clock.nowMs <= 3 * first; clock.nowMs += 5_000) lookAt([ours])
  assert.deepEqual(joins, [0, first, 3 * first], 'later each time')
  lookAt([{ ...ours, assigned: partitions }])
  clock.nowMs = 8 * first
  for (let look = 0; look < 2; look++) lookAt([ours])
  clock.nowMs += first
  lookAt([ours])
  assert.deepEqual(joins.slice(3), [8 * first, 9 * first], 'it had helped')
})
