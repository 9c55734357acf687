import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClickHouseFailure } from '@custom-events/clickhouse'
import { problemOf, unknownShard } from './open.ts'

test('a command that cannot ask the only ClickHouse which it is goes on, warns, or does nothing', () => {
  for (const [what, code, network, does, mustKnow] of [
    ['no table', 60, null, 'go on', 'go on'],
    ['no database', 81, null, 'go on', 'go on'],
    ['nobody answers', null, 'ECONNREFUSED', 'go on', 'throw'],
    ['no right', 497, null, 'warn', 'throw'],
    ['a wrong password', 516, null, 'throw', 'throw'],
    ['too much memory', 241, null, 'throw', 'throw'],
    ['a proxy', null, null, 'throw', 'throw'],
  ] as const) {
    assert.equal(unknownShard({ code, network }, false), does, what)
    assert.equal(unknownShard({ code, network }, true), mustKnow, what)
  }
})

function denied(shards: number) {
  const failure = { code: 497, status: 403, network: null, message: 'Not enough privileges' }
  const query = () => Promise.reject(new ClickHouseFailure('SELECT', failure))
  // What readShard needs of a ClickHouse, and no more.
  return { shard: 1, shards, url: 'http://one', clickhouse: { query, database: 'db' } }
}

test('the warning names the GRANT; an erasure does not begin, and of several shards nothing does', async () => {
  const said: string[] = []
  const warn = (line: string): void => void said.push(line)
  assert.equal(await problemOf(denied(1), { user: 'reporter', warn }), null)
  assert.equal(said.length, 1)
  assert.match(said[0] ?? '', /GRANT SELECT ON `db`\.shard TO `reporter`$/)
  const refused = (shards: number, mustKnow: boolean) =>
    assert.rejects(problemOf(denied(shards), { user: 'reporter', warn, mustKnow }), ClickHouseFailure) // prettier-ignore
  await refused(1, true)
  await refused(2, false)
  assert.equal(said.length, 1)
})
