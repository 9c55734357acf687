import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameAt, shardIn } from '../../chaos/shard-names.ts'
import { checkAccounts, checkPlaces, type RowsOfPartition } from '../../chaos/shards.ts'

test('a process says in its name which shard it serves, where there are several', () => {
  assert.equal(nameAt('consumer-1', 1, 1), 'consumer-1')
  assert.equal(nameAt('consumer-1', 2, 3), 'consumer-1-shard-2')
  assert.equal(shardIn('consumer-1'), 1)
  assert.equal(shardIn(nameAt('joining-7', 12, 24)), 12)
})

const placed = (table: string, partition: number, shard: number): RowsOfPartition => ({
  table,
  partition,
  rows: 5,
  shard,
})

test('rows are where their partition is', () => {
  const whole = [placed('events', 0, 1), placed('events', 1, 2), placed('dead_letters', 2, 1)]
  assert.equal(checkPlaces(whole, 2).isHeld, true)
  assert.match(checkPlaces(whole, 2).found, /^0 of 15 rows/)
})

test('a row on a shard that does not own its partition is found, with the shard that does', () => {
  const { isHeld, found, samples } = checkPlaces(
    [placed('events', 0, 1), placed('events', 3, 1), placed('events', 1, 2)],
    2,
  )
  assert.equal(isHeld, false)
  assert.match(found, /^5 of 15 rows/)
  assert.deepEqual(samples, ['5 rows of events, partition 3, on shard 1: it is of shard 2'])
})

test('shards of which one has nothing prove nothing', () => {
  const { isHeld, samples } = checkPlaces([placed('events', 0, 1)], 2)
  assert.equal(isHeld, false)
  assert.deepEqual(samples, ['a shard has no row at all: nothing was spread'])
})

test('each shard is asked whose the accounts of its events are, and any that is not its own is a breach', async () => {
  const asked: string[] = []
  const check = (counts: readonly string[]) =>
    checkAccounts({
      questions: {
        shards: counts.length,
        ask: async (sql, shard = 0) => {
          asked.push(sql)
          return [[counts[shard - 1] ?? '']]
        },
      },
    })
  assert.equal((await check(['0', '0'])).isHeld, true)
  assert.match(asked[1] ?? '', /kafkaMurmurHash\(group_id\) % 2 \+ 1 != 2$/)
  const { isHeld, found, samples } = await check(['0', '7', '0'])
  assert.equal(isHeld, false)
  assert.match(found, /^7 rows/)
  assert.deepEqual(samples, ['7 rows of events on shard 2 are of accounts of others'])
  assert.equal((await check(['', '0'])).isHeld, false, 'no answer proves nothing')
})
