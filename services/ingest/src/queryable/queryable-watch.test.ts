import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaProblem } from '@custom-events/kafka'
import type { Receipt } from '../response/event-result.ts'
import type { Queryable } from '../response/queryable.ts'
import {
  createQueryableWatch,
  type QueryableWatchOptions,
  type WaitFor,
} from './queryable-watch.ts'

const receipt = (partition: number, offset: number) => ({ topic: 't', partition, offset })
const STAYS = new AbortController().signal
/** Longer than any test may take. */
const LONG_MS = 2 ** 31 - 1
const KEY = 'one'
const TIMEOUT = { timeout: 10_000 }

/** A group whose offsets the test moves. */
function watching(limits: Partial<QueryableWatchOptions['limits']> = {}) {
  const group = {
    committed: new Map<number, number>(),
    asked: [] as (readonly number[])[],
    error: null as Error | null,
    isDraining: false,
  }
  const logged: Readonly<Record<string, unknown>>[] = []
  const tell = (fields: object, text?: string): void => void logged.push({ ...fields, text })
  const watch = createQueryableWatch({
    committed: {
      read: async (partitions) => {
        group.asked.push(partitions)
        if (group.error !== null) throw group.error
        return group.committed
      },
      [Symbol.asyncDispose]: async () => {},
    },
    limits: { maxEvents: 10, maxEventsOfKey: 10, lookEveryMs: 1, afterFailureMs: 1, ...limits },
    log: { warn: tell, info: tell },
    isDraining: () => group.isDraining,
    onLook: () => {},
  })
  const until = (
    receipts: readonly Receipt[],
    withinMs = LONG_MS,
    { gone = STAYS, keyName = KEY }: Partial<WaitFor & { readonly gone: AbortSignal }> = {},
  ) => watch.until({ receipts, withinMs, keyName }, gone)
  const moreLooks = async (): Promise<void> => {
    const last = group.asked.length + 3
    while (group.asked.length < last) await new Promise(setImmediate)
  }
  return { group, watch, until, moreLooks, logged }
}

test('a record is queryable when the next offset is committed, not before', async () => {
  const { group, watch, until } = watching()
  await using _ = watch
  group.committed.set(3, 7)
  assert.deepEqual(await until([receipt(3, 6)]), { isQueryable: true })
  const outcome = await until([receipt(3, 7)], 20)
  assert.equal(outcome.isQueryable ? '' : outcome.code, 'not_queryable_yet')
  assert.match(outcome.isQueryable ? '' : outcome.detail, /has not come so far/)
})

test('all records of a request must be past, each partition once and for good', async () => {
  const { group, watch, until, moreLooks } = watching()
  await using _ = watch
  const waiting = until([receipt(1, 4), receipt(2, 9), receipt(1, 5)])
  group.committed = new Map([[1, 6]])
  await moreLooks()
  group.committed = new Map([[2, 10]])
  assert.deepEqual(await waiting, { isQueryable: true })
})

test('a hundred who wait are one look', async () => {
  const { group, watch, until } = watching({ maxEvents: 100, maxEventsOfKey: 100 })
  await using _ = watch
  const waiting = Array.from({ length: 100 }, (__, n) => until([receipt(n % 4, n)]))
  for (let partition = 0; partition < 4; partition++) group.committed.set(partition, 1_000)
  const outcomes = await Promise.all(waiting)
  assert.ok(outcomes.every(({ isQueryable }) => isQueryable))
  assert.deepEqual(group.asked, [[0, 1, 2, 3]])
  await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal(group.asked.length, 1) // nobody waits: nobody looks
})

test('of many who have waited no more than a few are answered in one turn of the loop', async () => {
  const { group, watch, until } = watching({ maxEvents: 1_000, maxEventsOfKey: 1_000 })
  await using _ = watch
  const over = new AbortController()
  let ended = 0
  const most: number[] = []
  const countTurns = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const before = ended
      await new Promise(setImmediate)
      most.push(ended - before)
    }
  }
  const counting = countTurns()
  const waiting = Array.from({ length: 1_000 }, (__, n) =>
    until([receipt(0, n)]).then(() => (ended += 1)),
  )
  group.committed.set(0, 1_000)
  await Promise.all(waiting)
  over.abort()
  await counting
  assert.ok(Math.max(...most) <= 16, `${Math.max(...most)} in one turn`)
})

test('more than the bound is answered at once, and room comes back', async () => {
  const { group, watch, until } = watching({ maxEvents: 2 })
  await using _ = watch
  const first = until([receipt(0, 0), receipt(0, 1)])
  const refused = await until([receipt(0, 2)])
  assert.equal(refused.isQueryable ? '' : refused.code, 'too_many_waiting')
  group.committed.set(0, 3)
  assert.equal((await first).isQueryable, true)
  assert.equal((await until([receipt(0, 2)])).isQueryable, true)
})

const denied = Object.assign(new Error('no'), { code: 30, type: 'GROUP_AUTHORIZATION_FAILED' })
const away = Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:9092'), {
  code: 'ECONNREFUSED',
})
const problem = (cause: Error): KafkaProblem =>
  new KafkaProblem({ resource: 'group inner', right: 'DESCRIBE on group inner' }, cause)

test('a missing right is told at once; a Kafka that is away is waited for', async () => {
  const { group, watch, until, moreLooks } = watching()
  await using _ = watch
  group.error = problem(denied)
  const outcome = await until([receipt(0, 0)])
  assert.equal(outcome.isQueryable ? '' : outcome.code, 'queryable_unknown')

  group.error = problem(away)
  const waiting = until([receipt(0, 0)])
  await moreLooks()
  group.error = null
  group.committed.set(0, 1)
  assert.deepEqual(await waiting, { isQueryable: true })
})

test('what is inside of Kafka is told to the operator, once for each change, and never to who asks', async () => {
  const { group, watch, until, moreLooks, logged } = watching()
  await using _ = watch
  const outcomes: Queryable[] = []
  for (const error of [problem(denied), problem(away), new Error('secret')]) {
    group.error = error
    outcomes.push(await until([receipt(0, 0)], 20))
    const waiting = until([receipt(0, 0)], 20)
    if (error.message !== problem(denied).message) await moreLooks()
    outcomes.push(await waiting)
  }
  group.error = null
  outcomes.push(await until([receipt(0, 0)], 20))
  assert.doesNotMatch(JSON.stringify(outcomes), /inner|9092|ECONN|secret/)
  assert.deepEqual(logged.map(({ code, remedy }) => [code, remedy]).slice(0, 1), [
    ['GROUP_AUTHORIZATION_FAILED', problem(denied).remedy],
  ])
  assert.equal(logged.length, 4) // each reason once, and that it is over
})

test('after a failure there is a pause, also for who comes then', TIMEOUT, async () => {
  const { group, watch, until } = watching({ afterFailureMs: LONG_MS })
  group.error = problem(denied)
  await until([receipt(0, 0)])
  assert.equal(group.asked.length, 1)
  assert.equal((await until([receipt(0, 0)], 50)).isQueryable, false)
  assert.equal(group.asked.length, 1)
  await watch[Symbol.asyncDispose]()
})

test('one key leaves room for the others', TIMEOUT, async () => {
  const { watch, until } = watching({ maxEvents: 3, maxEventsOfKey: 2 })
  const codeOf = async (keyName: string | null, withinMs: number): Promise<string> => {
    const outcome = await until([receipt(0, 0)], withinMs, { keyName })
    return outcome.isQueryable ? '' : outcome.code
  }
  const first = [codeOf('one', LONG_MS), codeOf('one', LONG_MS)]
  assert.equal(await codeOf('one', 20), 'too_many_waiting')
  assert.equal(await codeOf('two', 20), 'not_queryable_yet')
  assert.equal(await codeOf(null, 20), 'not_queryable_yet')
  await watch[Symbol.asyncDispose]()
  await Promise.all(first)
})

test('who leaves waits no longer, nor who waits where all is shut down', TIMEOUT, async () => {
  const { group, watch, until, moreLooks } = watching()
  await using _ = watch
  const gone = new AbortController()
  const left = until([receipt(0, 0)], LONG_MS, { gone: gone.signal })
  const stays = until([receipt(0, 1)])
  gone.abort()
  const looked = moreLooks()
  const first = await Promise.race([left, looked])
  assert.equal(first?.isQueryable, false)
  await looked
  group.isDraining = true
  const drained = await stays
  assert.match(drained.isQueryable ? '' : drained.detail, /shutting down/)
})

test('who asks after the end is answered at once, and nobody is asked', TIMEOUT, async () => {
  const { group, watch, until } = watching()
  await watch[Symbol.asyncDispose]()
  const outcome = await until([receipt(0, 0)])
  assert.match(outcome.isQueryable ? '' : outcome.detail, /shutting down/)
  assert.deepEqual(group.asked, [])
})
