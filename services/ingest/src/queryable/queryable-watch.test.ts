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
    committed: [
      {
        consumerGroup: 'g',
        read: async (partitions) => {
          group.asked.push(partitions)
          if (group.error !== null) throw group.error
          return group.committed
        },
        [Symbol.asyncDispose]: async () => {},
      },
    ],
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
  const codeFor = async (keyName: string | null, withinMs: number): Promise<string> => {
    const outcome = await until([receipt(0, 0)], withinMs, { keyName })
    return outcome.isQueryable ? '' : outcome.code
  }
  const first = [codeFor('one', LONG_MS), codeFor('one', LONG_MS)]
  assert.equal(await codeFor('one', 20), 'too_many_waiting')
  assert.equal(await codeFor('two', 20), 'not_queryable_yet')
  assert.equal(await codeFor(null, 20), 'not_queryable_yet')
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

/** Two shards: partitions 0, 2, … are of the group `a`, 1, 3, … of `b`. What a group says is set by the test. */
function watchingTwo() {
  const asked: string[] = []
  const logged: string[] = []
  const says: Record<string, () => Promise<ReadonlyMap<number, number>>> = {}
  const watch = createQueryableWatch({
    committed: ['a', 'b'].map((consumerGroup) => ({
      consumerGroup,
      read: async (partitions) => {
        asked.push(`${consumerGroup}: ${partitions.join()}`)
        return (await says[consumerGroup]?.()) ?? new Map<number, number>()
      },
      [Symbol.asyncDispose]: async () => {},
    })),
    limits: { maxEvents: 3, maxEventsOfKey: 3, lookEveryMs: 1, afterFailureMs: 1 },
    log: {
      warn: (fields: { readonly consumerGroup?: string; readonly code?: string }) =>
        void logged.push(`${fields.consumerGroup} ${fields.code}`),
      info: () => {},
    },
    isDraining: () => false,
    onLook: () => {},
  })
  const until = (partitions: readonly number[], withinMs = LONG_MS) => {
    const receipts = partitions.map((partition) => receipt(partition, 0))
    return watch.until({ receipts, withinMs, keyName: KEY }, STAYS)
  }
  return { watch, until, says, asked, logged }
}

const codeOf = (outcome: Queryable): string => (outcome.isQueryable ? 'queryable' : outcome.code)

test('of each partition the group of its shard is asked, and no other', TIMEOUT, async () => {
  const { watch, until, says, asked } = watchingTwo()
  await using _ = watch
  says['a'] = async () => new Map([[0, 1], [1, 1], [2, 1]]) // prettier-ignore
  says['b'] = async () => new Map([[1, 1]])
  assert.equal(codeOf(await until([1])), 'queryable')
  assert.deepEqual(asked, ['b: 1'])
  asked.length = 0
  assert.equal(codeOf(await until([0, 1, 2])), 'queryable')
  assert.deepEqual(asked.toSorted(), ['a: 0,2', 'b: 1'])
})

test('the slow group of one shard holds up nobody who waits for another', TIMEOUT, async () => {
  const { watch, until, says } = watchingTwo()
  await using _ = watch
  const slow = Promise.withResolvers<ReadonlyMap<number, number>>()
  says['a'] = () => slow.promise
  says['b'] = async () => new Map([[1, 1]])
  const ofBoth = until([0, 1])
  assert.equal(codeOf(await until([1])), 'queryable')
  slow.resolve(new Map([[0, 1]]))
  assert.equal(codeOf(await ofBoth), 'queryable')
})

test('a group that cannot be asked is told of, also while others answer', TIMEOUT, async () => {
  const { watch, until, says, logged } = watchingTwo()
  await using _ = watch
  says['a'] = async () => {
    throw problem(away)
  }
  says['b'] = async () => new Map([[1, 1]])
  const outcome = await until([0, 1], 50)
  assert.match(outcome.isQueryable ? '' : outcome.detail, /Kafka did not say/)
  assert.deepEqual(logged, [`a ${problem(away).code}`])
  const nobody = watch.until({ receipts: [receipt(1, 9)], withinMs: 50, keyName: KEY }, STAYS)
  const late = await nobody
  assert.match(late.isQueryable ? '' : late.detail, /has not come so far/, 'b did say')
})

test(
  'a missing right on one group ends those who wait for it, and nobody else',
  TIMEOUT,
  async () => {
    const { watch, until, says } = watchingTwo()
    await using _ = watch
    const come = Promise.withResolvers<void>()
    says['a'] = async () => {
      throw problem(denied)
    }
    says['b'] = async () => {
      await come.promise
      return new Map([[1, 1]])
    }
    const ofOther = until([1])
    assert.equal(codeOf(await until([0, 1])), 'queryable_unknown')
    come.resolve()
    assert.equal(codeOf(await ofOther), 'queryable')
  },
)

test('how many wait is bounded for all shards together', TIMEOUT, async () => {
  const { watch, until, says } = watchingTwo()
  const waiting = [until([0, 1]), until([3])]
  assert.equal(codeOf(await until([2])), 'too_many_waiting')
  says['b'] = async () => new Map([[3, 1]])
  assert.equal(codeOf(await (waiting[1] ?? assert.fail())), 'queryable')
  assert.equal(codeOf(await until([2], 20)), 'not_queryable_yet')
  await watch[Symbol.asyncDispose]()
  await Promise.all(waiting)
})
