import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@custom-events/service'
import { createMemoryBudget } from './consumer-budget.ts'
import type { GroupMember } from './consumer-group.ts'
import { liveAssignment } from './consumer-life.ts'
import { UnreadableRecords } from './unreadable-records.ts'

const SESSION_TIMEOUT_MS = 30_000

const times = {
  sessionTimeoutMs: SESSION_TIMEOUT_MS,
  rebalanceTimeoutMs: 60_000,
  heartbeatMs: 3_000,
  fetchWaitMs: 250,
}

/** A member with one broker; each fetch is answered by the test. */
function memberThat(fetch: () => Promise<UnreadableRecords | null>): GroupMember {
  return {
    join: async () => [],
    start: async () => {},
    heartbeat: async () => {},
    nodeIds: () => [1],
    fetch: async () => {
      const told = await fetch()
      return told === null ? [] : [told]
    },
    refresh: async () => {},
    commit: async () => {},
    endOffsets: async () => [],
    logs: async () => [],
    leave: async () => {},
    disconnect: async () => {},
  }
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
  const hooks = { onRecords: () => {}, onEndOffsets: () => {}, onEnding: async () => {} }
  const log = createLogger({ service: 'test', level: 'silent' })
  const ended = liveAssignment({
    member,
    times,
    budget,
    log,
    hooks,
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

test('a wall clock that jumps by a day is no silence of Kafka', { timeout: 20_000 }, async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const advance = (ms: number): void => t.mock.timers.setTime(Date.now() + ms)
  const now = (): number => performance.now()
  assert.equal(await endAfter({ pausedMs: 0, silentMs: 86_400_000, advance, now }), 'closing')
})

test(
  'damage that stays is told again every minute, not only once',
  { timeout: 20_000 },
  async () => {
    const closing = new AbortController()
    let nowMs = 0
    let fetches = 0
    const member = memberThat(async () => {
      if (++fetches > 4) {
        closing.abort()
        return null
      }
      nowMs += 29_000 // told at 29 s and at 116 s, not in between
      const place = { topic: 't', partition: 0, offset: 7 }
      return new UnreadableRecords('damaged', place, 'the checksum differs')
    })
    const told: number[] = []
    const log = createLogger({ service: 'test', level: 'silent' })
    log.warn = () => void told.push(nowMs)
    const patient = { ...times, sessionTimeoutMs: 600_000 }
    const hooks = { onRecords: () => {}, onEndOffsets: () => {}, onEnding: async () => {} }
    await liveAssignment({
      member,
      times: patient,
      budget: createMemoryBudget(100),
      log,
      hooks,
      now: () => nowMs,
      closing: closing.signal,
    })
    assert.deepEqual(told, [29_000, 116_000])
  },
)
