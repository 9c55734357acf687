import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClickHouseFailure } from '@custom-events/clickhouse'
import { Abandoned } from '../insert/retry-loop.ts'
import type { Wait } from '../insert/retry.ts'
import { createConfirmShard, untilItIsOurs, whyNotOurs } from './shard.ts'

const NEVER = new AbortController().signal

type Row = { readonly shard: number; readonly shards: number }

function failure(code: number): ClickHouseFailure {
  const of = { code, status: 500, network: null, message: `Code: ${code}. DB::Exception` }
  return new ClickHouseFailure('asking', of)
}

/** Answers in turn; what it waited for in between is told. */
async function learning(named: Row, ...answers: readonly (Row | null | ClickHouseFailure)[]) {
  const left = [...answers]
  const waits: Wait[] = []
  const query = async <R>(): Promise<R[]> => {
    const answer = left.shift()
    if (answer instanceof Error) throw answer
    return (answer === null || answer === undefined ? [] : [answer]) as R[] // rows of the test
  }
  const retryLoop = {
    wait: async (wait: Wait) => void waits.push(wait),
    counted: () => {},
    recovered: () => {},
  }
  const asked = { clickhouse: { query }, named: { ...named, url: 'http://b:8123' } }
  await untilItIsOurs(asked, { retryLoop, stop: NEVER })
  assert.deepEqual(left, [], 'every answer was needed')
  return waits.map(({ action, reason, error }) => `${action} ${reason}: ${error.message}`)
}

test('nothing is begun before ClickHouse says that it is the shard that it is named as', async () => {
  const two = { shard: 2, shards: 2 }
  assert.deepEqual(await learning(two, two), [])
  const told = await learning(two, { shard: 1, shards: 2 }, null, failure(209), two)
  assert.match(told[0] ?? '', /^halt wrong_shard: .*shard 2 of 2, it says that it is shard 1 of 2/)
  assert.match(told[1] ?? '', /^halt wrong_shard: .*run `npm run setup`/)
  assert.match(told[2] ?? '', /^retry .*209/)
})

test('the only ClickHouse need not say anything, nor be asked by a login of a release before shards', async () => {
  const only = { shard: 1, shards: 1 }
  assert.deepEqual(await learning(only, null), [])
  assert.deepEqual(await learning(only, failure(497)), [])
  const told = await learning(only, { shard: 1, shards: 2 }, null)
  assert.match(told.join(), /halt wrong_shard: .*configured as the only/)
  const denied = await learning({ shard: 1, shards: 2 }, failure(497), { shard: 1, shards: 2 })
  assert.match(denied.join(), /^halt .*497/)
})

function confirming(shards: number) {
  const world = { says: { shard: 1, shards }, nowMs: 0, asked: 0, told: [] as string[] }
  const query = async <R>(): Promise<R[]> => {
    world.asked++
    return [world.says] as R[] // a row of the test
  }
  const asked = { clickhouse: { query }, named: { shard: 1, shards, url: 'http://a:8123' } }
  const confirm = createConfirmShard(asked, {
    now: () => world.nowMs,
    onOther: (problem) => void world.told.push(problem),
  })
  return { world, confirm: (isAnew = false) => confirm({ stop: NEVER, isAnew }) }
}

test('an address that comes to stand for another shard is noticed before the next insert', async () => {
  const { world, confirm } = confirming(2)
  for (world.nowMs = 0; world.nowMs <= 2_500; world.nowMs += 100) await confirm()
  assert.equal(world.asked, 3)
  world.says = { shard: 2, shards: 2 }
  world.nowMs += 1_000
  await assert.rejects(confirm(), Abandoned)
  await assert.rejects(confirm(), Abandoned)
  assert.match(world.told[0] ?? '', /it says that it is shard 2 of 2/)
})

test('after a read-back it is asked anew, however short ago it was asked', async () => {
  const { world, confirm } = confirming(2)
  await confirm()
  world.says = { shard: 2, shards: 2 }
  await confirm()
  await assert.rejects(confirm(true), Abandoned)
  assert.equal(world.asked, 2)
})

test('only two rows are another shard; whatever else goes wrong is told as what it is', async () => {
  const named = { shard: 1, shards: 2, url: 'http://a:8123' }
  const answering = (answer: () => readonly Row[]) => ({
    clickhouse: { query: async <R>(): Promise<R[]> => answer() as R[] }, // rows of the test
    named,
  })
  const both = answering(() => [{ shard: 1, shards: 2 }, { shard: 2, shards: 2 }]) // prettier-ignore
  assert.match((await whyNotOurs(both)) ?? '', /1 of 2 and 2 of 2: only one of them/)
  const broken = answering(() => {
    throw new TypeError('rows is not iterable')
  })
  await assert.rejects(whyNotOurs(broken), TypeError)
})

test('where there is only one it is not asked again and again', async () => {
  const { world, confirm } = confirming(1)
  await confirm()
  assert.equal(world.asked, 0)
})
