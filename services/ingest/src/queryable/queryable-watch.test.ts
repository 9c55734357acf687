import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaProblem } from '@custom-events/kafka'
import { createQueryableWatch } from './queryable-watch.ts'

const receipt = (partition: number, offset: number) => ({ topic: 't', partition, offset })
const STAYS = new AbortController().signal
const LONG_MS = 60_000

/** A group whose offsets the test moves. */
function watching(options: { readonly maxEvents?: number } = {}) {
  const group = {
    committed: new Map<number, number>(),
    asked: [] as (readonly number[])[],
    error: null as Error | null,
    isDraining: false,
  }
  const watch = createQueryableWatch({
    committed: {
      read: async (partitions) => {
        group.asked.push(partitions)
        if (group.error !== null) throw group.error
        return group.committed
      },
      [Symbol.asyncDispose]: async () => {},
    },
    consumerGroup: 'g',
    limits: { maxEvents: options.maxEvents ?? 10, lookEveryMs: 1 },
    isDraining: () => group.isDraining,
    onLook: () => {},
  })
  return { group, watch }
}

test('a record is queryable when the next offset is committed, not before', async () => {
  const { group, watch } = watching()
  await using _ = watch
  group.committed.set(3, 7)
  assert.deepEqual(await watch.until([receipt(3, 6)], LONG_MS, STAYS), { isQueryable: true })
  const outcome = await watch.until([receipt(3, 7)], 20, STAYS)
  assert.equal(outcome.isQueryable ? '' : outcome.code, 'not_queryable_yet')
  assert.match(outcome.isQueryable ? '' : outcome.detail, /consumer group g has not come so far/)
})

test('all records of a request must be past, each partition once and for good', async () => {
  const { group, watch } = watching()
  await using _ = watch
  const waiting = watch.until([receipt(1, 4), receipt(2, 9), receipt(1, 5)], LONG_MS, STAYS)
  group.committed = new Map([[1, 6]])
  const looks = group.asked.length
  while (group.asked.length < looks + 3) await new Promise(setImmediate)
  group.committed = new Map([[2, 10]])
  assert.deepEqual(await waiting, { isQueryable: true })
})

test('a hundred who wait are one look', async () => {
  const { group, watch } = watching({ maxEvents: 100 })
  await using _ = watch
  const waiting = Array.from({ length: 100 }, (__, n) =>
    watch.until([receipt(n % 4, n)], LONG_MS, STAYS),
  )
  for (let partition = 0; partition < 4; partition++) group.committed.set(partition, 1_000)
  const outcomes = await Promise.all(waiting)
  assert.ok(outcomes.every(({ isQueryable }) => isQueryable))
  assert.deepEqual(group.asked, [[0, 1, 2, 3]])
  await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal(group.asked.length, 1) // nobody waits: nobody looks
})

test('more than the bound is answered at once, and room comes back', async () => {
  const { group, watch } = watching({ maxEvents: 2 })
  await using _ = watch
  const first = watch.until([receipt(0, 0), receipt(0, 1)], LONG_MS, STAYS)
  const refused = await watch.until([receipt(0, 2)], LONG_MS, STAYS)
  assert.equal(refused.isQueryable ? '' : refused.code, 'too_many_waiting')
  group.committed.set(0, 3)
  assert.equal((await first).isQueryable, true)
  assert.equal((await watch.until([receipt(0, 2)], LONG_MS, STAYS)).isQueryable, true)
})

test('a missing right is told at once by its name; a Kafka that is away is waited for', async () => {
  const { group, watch } = watching()
  await using _ = watch
  const denied = Object.assign(new Error('no'), {
    code: 30,
    type: 'GROUP_AUTHORIZATION_FAILED',
  })
  group.error = new KafkaProblem({ resource: 'group g', right: 'DESCRIBE on group g' }, denied)
  const outcome = await watch.until([receipt(0, 0)], LONG_MS, STAYS)
  assert.equal(outcome.isQueryable ? '' : outcome.code, 'queryable_unknown')
  assert.match(outcome.isQueryable ? '' : outcome.detail, /grant DESCRIBE on group g/)

  group.error = new Error('away')
  const waiting = watch.until([receipt(0, 0)], LONG_MS, STAYS)
  const looks = group.asked.length
  while (group.asked.length < looks + 3) await new Promise(setImmediate)
  group.error = null
  group.committed.set(0, 1)
  assert.deepEqual(await waiting, { isQueryable: true })
})

test('who leaves, and who waits in an instance that drains, waits no longer', async () => {
  const { group, watch } = watching()
  await using _ = watch
  const gone = new AbortController()
  const left = watch.until([receipt(0, 0)], LONG_MS, gone.signal)
  gone.abort()
  assert.equal((await left).isQueryable, false)
  const drained = watch.until([receipt(0, 0)], LONG_MS, STAYS)
  group.isDraining = true
  const outcome = await drained
  assert.match(outcome.isQueryable ? '' : outcome.detail, /shutting down/)
})
