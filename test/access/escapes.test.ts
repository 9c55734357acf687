import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ClickHouseFailure,
  escapesOf,
  LoginStays,
  withdraw,
  type ClickHouse,
} from '@custom-events/clickhouse'

/** A login to which ClickHouse answers every question the same. */
function answers(answer: () => object[]): Pick<ClickHouse, 'query' | 'database'> {
  return { database: 'db', query: async <Row>() => answer() as Row[] } // rows of any kind
}

function fails(code: number | null, status: number | null = null): () => never {
  return () => {
    throw new ClickHouseFailure('SELECT', { code, status, network: null, message: 'said' })
  }
}

test('a login is well when it sees nothing or is refused, and only then', async () => {
  assert.deepEqual(
    await escapesOf(
      answers(() => []),
      'a',
    ),
    [],
  )
  for (const code of [497, 46]) assert.deepEqual(await escapesOf(answers(fails(code)), 'a'), [])
  assert.equal(
    (
      await escapesOf(
        answers(() => [{ 1: 1 }]),
        'a',
      )
    ).length,
    4,
  )
})

test('a question that failed says nothing about the login, so it is not well', async () => {
  // Too slow, over a limit of memory, a table that is not there, a proxy, no answer.
  for (const [code, status] of [
    [159, null],
    [241, null],
    [60, null],
    [516, null],
    [null, 502],
    [null, null],
  ] as const) {
    await assert.rejects(escapesOf(answers(fails(code, status)), 'a'), ClickHouseFailure)
  }
})

test('where there are no tables over all shards nobody sees more by them, and elsewhere it is told', async () => {
  const login = (code: number | null): Pick<ClickHouse, 'query' | 'database'> => ({
    database: 'db',
    query: async <Row>(sql: string) => {
      if (!sql.includes('`db_all`.tracked')) return []
      return code === null ? ([{ 1: 1 }] as Row[]) : fails(code)() // rows of any kind
    },
  })
  for (const code of [60, 81, 497]) assert.deepEqual(await escapesOf(login(code), 'a'), [])
  assert.match((await escapesOf(login(null), 'a')).join(), /by the tables over all shards/)
  await assert.rejects(escapesOf(login(241), 'a'), ClickHouseFailure)
})

test('a login that leaks and cannot be removed is told as both', async () => {
  const leaks = new Error('account-a sees rows')
  await assert.rejects(
    withdraw(leaks, 'account-a', async () => {}),
    leaks,
  )
  await assert.rejects(
    withdraw(leaks, 'account-a', async () => fails(241)()),
    (error) => {
      assert.ok(error instanceof LoginStays)
      assert.match(error.message, /account-a sees rows; and account-a is still there.*said/)
      return true
    },
  )
})
