import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createLogger } from '@custom-events/runtime'
import { createMemoryBudget } from './consumer-budget.ts'
import type { GroupMember } from './consumer-group.ts'
import { liveAssignment, noteStart } from './consumer-life.ts'
import { KafkaCodeError } from '../errors/kafka-errors.ts'
import { PartitionRefused } from '../fetch/partition-refused.ts'
import { createTroubleBoard, TELL_AFTER_MS } from '../group/trouble-board.ts'
import type { UnreadableRecords } from '../record-batch/unreadable-records.ts'
import { createWaitingPace } from './waiting-pace.ts'

const TOPIC_AUTHORIZATION_FAILED = 29
const SESSION_TIMEOUT_MS = 30_000

const NO_HOOKS = { onRecords: () => {}, onEnding: async () => {}, onExpelled: () => {} }
const pace = createWaitingPace()
const times = {
  sessionTimeoutMs: SESSION_TIMEOUT_MS,
  rebalanceTimeoutMs: 60_000,
  heartbeatMs: 3_000,
  fetchWaitMs: 250,
}

/** A member with one broker; each fetch is answered by the test. */
function memberThat(fetch: () => Promise<UnreadableRecords | null>): GroupMember {
  return {
    join: async () => ({ states: [], refused: [] }),
    states: async () => ({ states: [], refused: [] }),
    assigned: () => [],
    topics: () => [],
    pause: () => {},
    resume: () => {},
    start: async () => {},
    isJoinDue: false,
    isMember: true,
    joinAgain: () => {},
    joinAside: async () => true,
    heartbeat: async () => {},
    nodeIds: () => [1],
    fetch: async () => {
      await setImmediate()
      const told = await fetch()
      return told === null ? [] : [told]
    },
    refresh: async () => {},
    commit: async () => {},
    logs: async () => [],
    leave: async () => {},
    disconnect: async () => {},
  }
}

const SILENT = createLogger({ service: 'test', level: 'silent' })

type Life = Parameters<typeof liveAssignment>[0]

/** An assignment of which a test says only what it is about. */
function live(life: Pick<Life, 'member' | 'closing'> & Partial<Life>): Promise<string> {
  const { log = SILENT } = life
  return liveAssignment({
    times,
    budget: createMemoryBudget(100),
    board: createTroubleBoard({ log }),
    consumerGroup: 'g',
    waiting: [],
    pace,
    log,
    hooks: NO_HOOKS,
    ...life,
  })
}

async function endAfter(options: {
  readonly pausedMs: number
  readonly silentMs: number
  readonly advance: (ms: number) => void
  readonly now: () => number
}): Promise<string> {
  const closing = new AbortController()
  const budget = createMemoryBudget(100)
  if (options.pausedMs > 0) budget.add(90)
  let fetches = 0
  const member = memberThat(async () => {
    if (++fetches > 1) {
      closing.abort()
      return null
    }
    options.advance(options.silentMs)
    throw new Error('the connection broke')
  })
  const ended = live({
    member,
    budget,
    now: options.now,
    closing: closing.signal,
  })
  options.advance(options.pausedMs)
  budget.remove(budget.usedBytes)
  return ended
}

test(
  'time in which fetching paused for memory is no silence of Kafka',
  { timeout: 20_000 },
  async () => {
    let nowMs = 0
    const now = (): number => nowMs
    const advance = (ms: number): void => void (nowMs += ms)
    const long = SESSION_TIMEOUT_MS + 1
    assert.equal(await endAfter({ pausedMs: long, silentMs: 0, advance, now }), 'closing')
    assert.equal(await endAfter({ pausedMs: 0, silentMs: long, advance, now }), 'lost')
    assert.equal(await endAfter({ pausedMs: long, silentMs: long, advance, now }), 'lost')
  },
)

test('who takes the records can have the assignment anew', { timeout: 20_000 }, async () => {
  const [closing, rejoining] = [new AbortController(), new AbortController()]
  const ended = await live({
    member: memberThat(async () => {
      rejoining.abort()
      await setImmediate()
      return null
    }),
    closing: closing.signal,
    rejoining: rejoining.signal,
  })
  assert.equal(ended, 'rejoin')
})

/** What becomes of a member whose group joins anew; `answers` are those of Kafka to its joins. */
async function lifeInRebalance(answers: readonly (boolean | Error)[]) {
  const closing = new AbortController()
  const left = [...answers]
  let fetchesWhileJoining = 0
  let isJoining = false
  const member: GroupMember = {
    ...memberThat(async () => {
      if (isJoining) fetchesWhileJoining++
      return null
    }),
    get isJoinDue() {
      return left.length > 0
    },
    joinAside: async () => {
      isJoining = true
      for (let turn = 0; turn < 50; turn++) await setImmediate()
      isJoining = false
      const answer = left.shift()
      if (left.length === 0) setTimeout(() => closing.abort(), 50)
      if (answer instanceof Error) throw answer
      return answer ?? true
    },
  }
  const end = await live({
    member,
    times: { ...times, heartbeatMs: 5 },
    closing: closing.signal,
  })
  return { end, fetchesWhileJoining }
}

test('while the group joins anew it is read on, and further if nothing changed', async () => {
  const passing = new KafkaCodeError(15)
  const { end, fetchesWhileJoining } = await lifeInRebalance([true, passing, true])
  assert.equal(end, 'closing', 'what ended it was the end of the test')
  assert.ok(fetchesWhileJoining >= 3)
})

test('a join that changes what is assigned ends the assignment, and so does being forgotten', async () => {
  const UNKNOWN_MEMBER_ID = 25
  const FENCED_INSTANCE_ID = 82
  assert.equal((await lifeInRebalance([false])).end, 'rejoin')
  for (const code of [UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID]) {
    assert.equal((await lifeInRebalance([new KafkaCodeError(code)])).end, 'expelled')
  }
})

test(
  'who is forgotten while an assignment is ending is told so as well',
  { timeout: 20_000 },
  async () => {
    const UNKNOWN_MEMBER_ID = 25
    const rejoining = new AbortController()
    rejoining.abort()
    const expelled = Promise.withResolvers<void>()
    const end = await live({
      member: {
        ...memberThat(async () => null),
        heartbeat: () => Promise.reject(new KafkaCodeError(UNKNOWN_MEMBER_ID)),
      },
      times: { ...times, heartbeatMs: 1 },
      // What is in hand is being inserted until then.
      hooks: { ...NO_HOOKS, onEnding: () => expelled.promise, onExpelled: expelled.resolve },
      closing: new AbortController().signal,
      rejoining: rejoining.signal,
    })
    assert.equal(end, 'rejoin')
  },
)

test('a wall clock that jumps by a day is no silence of Kafka', { timeout: 20_000 }, async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const advance = (ms: number): void => t.mock.timers.setTime(Date.now() + ms)
  const now = (): number => performance.now()
  assert.equal(await endAfter({ pausedMs: 0, silentMs: 86_400_000, advance, now }), 'closing')
})

test(
  'a partition that cannot be read is told once, stays in the list, and costs the other nothing',
  { timeout: 20_000 },
  async () => {
    const closing = new AbortController()
    const told: string[] = []
    const log = createLogger({ service: 'test', level: 'silent' })
    log.warn = (_: unknown, text?: string) => void told.push(text ?? '')
    const board = createTroubleBoard({ log })
    const paused = new Set<number>()
    let good = 0
    const member: GroupMember = {
      ...memberThat(async () => null),
      pause: ({ partition }) => void paused.add(partition),
      resume: ({ partition }) => void paused.delete(partition),
      fetch: async () => {
        if (++good === 300) closing.abort()
        await setImmediate()
        const refused = new PartitionRefused({ topic: 't', partition: 1 }, 29, 7)
        const records = { topic: 't', partition: 0, from: good, next: good + 1 }
        return [{ ...records, records: [], bytes: 0 }, ...(paused.has(1) ? [] : [refused])]
      },
    }
    let read = 0
    await live({
      member,
      board,
      log,
      hooks: { ...NO_HOOKS, onRecords: () => void read++ },
      closing: closing.signal,
    })
    assert.equal(told.length, 1)
    assert.match(told[0] ?? '', /t\/1 at offset 7: Kafka says TOPIC_AUTHORIZATION_FAILED.*grant/)
    assert.ok(read > 200, `${read} fetches of the good partition`)
    assert.deepEqual(
      board.troubles.map(({ topic, partition, offset, cause }) => [
        topic,
        partition,
        offset,
        cause,
      ]),
      [['t', 1, 7, 'rights']],
    )
  },
)

test('a definite no to a heartbeat ends the membership at once', { timeout: 20_000 }, async () => {
  const board = createTroubleBoard({ log: SILENT })
  const end = await live({
    member: {
      ...memberThat(async () => null),
      heartbeat: () => Promise.reject(new KafkaCodeError(30)),
    },
    times: { ...times, heartbeatMs: 1 },
    board,
    closing: new AbortController().signal,
  })
  assert.equal(end, 'lost')
  assert.deepEqual(
    board.troubles.map(({ code }) => code),
    ['GROUP_AUTHORIZATION_FAILED'],
  )
})

test(
  'a topic not seen, and a partition without a leader, are told',
  { timeout: 20_000 },
  async () => {
    let nowMs = 0
    const board = createTroubleBoard({ log: SILENT, now: () => nowMs })
    const closing = new AbortController()
    const partition = { topic: 'led', partition: 2 }
    const ended = live({
      member: {
        ...memberThat(async () => null),
        nodeIds: () => [],
        assigned: () => [partition],
        topics: () => [
          { topic: 'denied', partitions: [], leaderless: [], error: new KafkaCodeError(29) },
          { topic: 'led', partitions: [2, 3], leaderless: [2, 3], error: null },
        ],
      },
      board,
      closing: closing.signal,
    })
    const causes = () => board.troubles.map(({ topic, cause }) => [topic, cause])
    assert.deepEqual(causes(), [['denied', 'rights']])
    nowMs = TELL_AFTER_MS
    assert.deepEqual(causes(), [
      ['denied', 'rights'],
      ['led', 'no_leader'],
    ])
    closing.abort()
    await ended
  },
)

test('where no reading starts, what kept it from being read before is told no more', () => {
  const board = createTroubleBoard({ log: SILENT })
  const places = [0, 1, 2, 3].map((partition) => ({ topic: 't', partition }))
  const [lost, read, waiting, given] = places
  for (const { topic, partition } of places) {
    const error = new PartitionRefused({ topic, partition }, TOPIC_AUTHORIZATION_FAILED, 7)
    board.failed(`read/${topic}/${partition}`, { topic, partition, offset: 7, error })
  }
  assert.equal(board.troubles.length, 4)
  assert.ok(lost && read && waiting && given)
  noteStart(board, { assigned: [lost, read, waiting], outOfRange: [lost] })
  assert.deepEqual(
    board.troubles.map(({ partition }) => partition),
    [1, 2],
  )
})
