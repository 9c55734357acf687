import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClickHouseFailure } from '@custom-events/clickhouse'
import { addOnShards, loginsOf } from './on-shards.ts'

const login = (groupId: string) => ({ login: `account-${groupId}`, groupId })

test('a login that a killed command left on some shards only is said to be so', () => {
  const shards = [{ name: 'shard 1 of 2' }, { name: 'shard 2 of 2' }]
  assert.deepEqual(loginsOf(shards, [[login('b'), login('a')], [login('a')]]), [
    { ...login('a'), missing: '' },
    { ...login('b'), missing: 'shard 2 of 2' },
  ])
  assert.deepEqual(loginsOf([{ name: '' }], [[login('a')]]), [{ ...login('a'), missing: '' }])
})

/** A ClickHouse whose CREATE USER fails so; TIMEOUT: once the login is there. */
function failing(code: number | null) {
  const logins = new Set(code === 493 ? ['theirs'] : [])
  const fail = (of: number | null): never => {
    const network = of === null ? 'TIMEOUT' : null
    throw new ClickHouseFailure('command', { code: of, status: null, network, message: 'no' })
  }
  return {
    logins,
    clickhouse: {
      database: 'db',
      query: async () => [],
      command: async (sql: string): Promise<void> => {
        if (sql.startsWith('CREATE USER')) {
          if (code === null) logins.add('ours')
          if (code !== 0) fail(code)
          logins.add('ours')
        }
        if (!sql.startsWith('DROP USER')) return
        if (logins.size === 0) fail(192)
        logins.clear()
      },
    },
  }
}

test('a login that a statement made and did not tell of is taken back; one that was there before is not', async () => {
  for (const [codes, left] of [
    [
      [0, null],
      [[], []],
    ],
    [
      [null, 0],
      [[], []],
    ],
    [
      [0, 493],
      [[], ['theirs']],
    ],
    [
      [493, 0],
      [['theirs'], []],
    ],
    [
      [0, 497],
      [[], []],
    ],
  ] as const) {
    const [one, other] = [failing(codes[0]), failing(codes[1])]
    const asked = addOnShards({ shards: [one, other], cluster: '' }, 'a')
    await assert.rejects(asked, (error) => error instanceof ClickHouseFailure, codes.join())
    assert.deepEqual([[...one.logins], [...other.logins]], left, codes.join())
  }
})
