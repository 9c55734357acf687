import assert from 'node:assert/strict'
import type { ConsumerEvent } from '@custom-events/kafka'
import type { FakeConsumer } from '@custom-events/kafka/testing'
import type { ConsumeObserver, ConsumePorts } from '../../consume.ts'
import type { Fate } from '../fake-clickhouse.fixture.ts'
import type { RetryLoop } from '../../insert/retry-loop.ts'
import type { Status } from '../../status.ts'
import type { Place } from './situations.fixture.ts'
import type { World } from './world.fixture.ts'

/** Where a process is, for the judge and for the coverage. */
export interface Whereabouts {
  place: Place
  hasEnded: boolean
  stoppedAtMs: number | null
  /** When the assignment that its loop has was taken away. */
  revokedAtMs: number | null
}

/** The consumer's port with an eye on what the loop asks of it. */
export function watchConsumer(options: {
  readonly world: World
  readonly consumer: FakeConsumer
  readonly at: Whereabouts
}): ConsumePorts['consumer'] & { isZombie(): boolean } {
  const { world, consumer, at } = options
  const { note, clock } = world
  /** Of the assignment that the loop has. */
  let epoch = 0
  let asked = new Map<string, number>()

  const assigned = (event: Extract<ConsumerEvent, { kind: 'assigned' }>): void => {
    epoch = event.epoch
    asked = new Map(
      event.positions.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]),
    )
    at.revokedAtMs = null
    event.revoked.addEventListener('abort', () => {
      if (at.hasEnded || event.epoch !== epoch) return
      at.revokedAtMs = clock.nowMs
      note(`revoked at ${at.place}`)
    })
    if (event.revoked.aborted) at.revokedAtMs = clock.nowMs
  }
  return {
    isZombie: () => {
      const is = !consumer.owns(epoch)
      if (is && !at.hasEnded) note('a zombie inserted')
      return is
    },
    fetch: async (wait) => {
      const event = await consumer.fetch(wait)
      if (event.kind === 'assigned') assigned(event)
      if (event.kind === 'records' && at.revokedAtMs !== null) {
        note('records came between the end of an assignment and the word of it')
      }
      if (event.kind === 'revoked') {
        const hasWaited = clock.nowMs - (at.revokedAtMs ?? clock.nowMs) >= 60_000
        if (hasWaited) note('the group waited no longer for a release')
      }
      return event
    },
    takeRecords: async (of) => {
      const records = await consumer.takeRecords(of)
      if (records !== null) note('records were gathered while a batch was inserted')
      return records
    },
    commit: async (of, ends) => {
      for (const end of ends) {
        const key = `${end.topic}/${end.partition}`
        const before = asked.get(key)
        assert.ok(before !== undefined && of === epoch, `${key}: not assigned, and committed`)
        assert.ok(end.offset >= before, `${key}: ${end.offset} is asked for after ${before}`)
        asked.set(key, end.offset)
      }
      const isCommitted = await consumer.commit(of, ends)
      if (!isCommitted && !consumer.owns(of)) note('a zombie was refused its commit')
      return isCommitted
    },
  }
}

/** What the loop says of itself, and how it deals with its troubles. */
export function watchLoop({ world, at }: { readonly world: World; readonly at: Whereabouts }): {
  readonly status: Pick<Status, 'failed' | 'recovered' | 'outOfRange'>
  readonly observe: ConsumeObserver
  readonly fate: () => Fate
  readonly watched: (retryLoop: RetryLoop) => RetryLoop
  /** Called when a request that hung is over by itself. */
  readonly overdue: (deadlineMs: number) => void
} {
  const { note, clock } = world
  let isHalted = false
  return {
    status: {
      failed: ({ kind }) => {
        isHalted ||= kind === 'halt'
      },
      recovered: () => {
        isHalted = false
      },
      outOfRange: () => {},
    },
    observe: {
      settled: (_route, _trigger, _batch, settled) => {
        if (settled.alreadyThere > 0) note('a row was there, owed to another process or attempt')
        if (settled.refused > 0) note('a row was refused')
        if (settled.erased > 0) note('a record of somebody who was erased was left out')
        if (Object.values(settled.undecodable).some((count) => count > 0)) {
          note('a record did not decode')
        }
      },
      abandoned: () => {
        note('a batch was given up')
        if (at.place === 'hang') note('a hanging insert was given up in time')
      },
      committed: () => {},
      gaps: () => {},
      assigned: () => {},
      positions: () => {},
    },
    fate: () => {
      const fate = world.next.insert()
      if (fate === 'twice') note('an insert came twice')
      if (fate === 'viewThrows' && world.scenario.hasView) note('a view threw')
      if (fate === 'torn') note('an insert was torn, its views have nothing')
      return fate
    },
    watched: (retryLoop) => ({
      wait: (failure) => retryLoop.wait(failure),
      counted: (failure) => {
        if (failure.reason === 'memory') note('a batch was split')
        retryLoop.counted(failure)
      },
      recovered: () => {
        if (isHalted) note('a halt was overcome')
        retryLoop.recovered()
      },
    }),
    overdue: (deadlineMs) => {
      const isOverdue = [at.stoppedAtMs, at.revokedAtMs].some(
        (sinceMs) => sinceMs !== null && clock.nowMs - sinceMs > deadlineMs,
      )
      assert.ok(at.hasEnded || !isOverdue, 'a request went on after the deadline')
    },
  }
}
