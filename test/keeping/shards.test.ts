// Commands about accounts and tables over two ClickHouses, each a shard.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createClickHouse } from '@custom-events/clickhouse'
import { accountLogin } from '@custom-events/clickhouse/access'
import { runCli } from '../support/cli-command.ts'
import { countRows, insertEvents, openTwoShards, type TwoShards } from '../support/two-shards.ts'

let two: TwoShards
before(async () => {
  two = await openTwoShards({ isWithKafka: false })
  await two.makeTables()
})
after(() => two[Symbol.asyncDispose]())

const SLOW = { timeout: 300_000 }
const cli = (...args: readonly string[]) => runCli(args, { environment: two.environment })

/** Rows of each of the shards. */
const onBoth = (from: string) => Promise.all(two.shards.map((each) => countRows(each, from)))

test(
  'an export has the rows of an account from every shard, in files of their own',
  SLOW,
  async () => {
    const out = mkdtempSync(join(tmpdir(), 'custom-events-export-'))
    try {
      const [one, other] = two.shards
      const of = (id: string) => ({ group: 'split', user: 'u', id })
      await insertEvents(one, [of('a'), of('b')])
      await insertEvents(other, [of('c'), { group: 'not theirs', user: 'u', id: 'd' }])
      const { code, stderr, stdout } = await cli('export', '--group', 'split', '--out', out)
      assert.equal(code, 0, stderr)
      assert.match(stdout, /3 events, 0 rejected in 2 files/)
      const files = readdirSync(out).filter((name) => name.startsWith('events-'))
      assert.deepEqual(files.toSorted(), ['events-000001.ndjson', 'events-000002.ndjson'])
      const ids = files.flatMap((name) =>
        readFileSync(join(out, name), 'utf8')
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { readonly event_id: string }).event_id),
      )
      assert.deepEqual(ids.toSorted(), ['a', 'b', 'c'])
      assert.equal((await cli('export', '--verify', out)).code, 0)
      assert.deepEqual(await onBoth("audit FINAL WHERE command = 'export'"), [1, 0])
    } finally {
      rmSync(out, { recursive: true })
    }
  },
)

test(
  'a login of an account is one on all shards, and sees the rows of its account and no others',
  SLOW,
  async () => {
    const [one, other] = two.shards
    await insertEvents(one, [{ group: 'gamma', user: 'u', id: '1' }])
    await insertEvents(other, [{ group: 'delta', user: 'u', id: '1' }])
    const made = await cli('account', 'add', '--group', 'gamma')
    const [, CLICKHOUSE_USER = '', CLICKHOUSE_PASSWORD = ''] =
      /^CLICKHOUSE_USER=(.+)\nCLICKHOUSE_PASSWORD=(.+)\n$/.exec(made.stdout) ?? []
    assert.equal(CLICKHOUSE_USER, accountLogin('gamma'), made.stderr)
    const seen = await Promise.all(
      two.servers.map(async ({ url }) => {
        const login = { CLICKHOUSE_URL: url, CLICKHOUSE_USER, CLICKHOUSE_PASSWORD }
        await using account = createClickHouse({ ...login, CLICKHOUSE_DATABASE: 'custom_events' })
        return countRows(account, 'tracked')
      }),
    )
    assert.deepEqual(seen, [1, 0])
    const again = await cli('account', 'add', '--group', 'gamma')
    assert.match(again.stderr, /has a login already/)

    // Left on one shard only, as by a command that was killed.
    await other.command(`DROP USER \`${CLICKHOUSE_USER}\` `)
    const listed = await cli('account', 'list')
    assert.match(listed.stdout, /account-gamma {2}"gamma" {2}not on shard 2 of 2: remove it and make another/) // prettier-ignore
    assert.equal((await cli('account', 'remove', '--group', 'gamma')).code, 0)
    assert.match((await cli('account', 'remove', '--group', 'gamma')).stderr, /it has no login/)
    const left = await cli('account', 'list')
    assert.equal(left.stdout, '')
  },
)

test('a login that one shard refuses is on none', SLOW, async () => {
  const [, other] = two.shards
  const theirs = `CREATE USER \`${accountLogin('eps')}\`  IDENTIFIED WITH sha256_hash BY '${'a'.repeat(64)}' SALT 'ab'`
  await other.command(theirs)
  const refused = await cli('account', 'add', '--group', 'eps')
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /shard 2 of 2[^]*it has a login already/)
  const listed = await cli('account', 'list')
  assert.match(listed.stdout, /account-eps {2}"eps" {2}not on shard 1 of 2/)
})

test(
  'views, retention and columns are made on each shard, and each line says where',
  SLOW,
  async () => {
    const views = await cli('views')
    assert.equal(views.code, 0, views.stderr)
    assert.match(views.stdout, /^shard 1 of 2: views of events: .*\nshard 2 of 2: views of events/m)

    const environment = { ...two.environment, CLICKHOUSE_RETENTION_DAYS: '30' }
    const told = await runCli(['retention'], { environment })
    assert.equal(told.code, 1)
    assert.match(told.stdout, /^shard 2 of 2: events: keeps rows at least 30 days/m)
    const applied = await runCli(['retention', '--apply', '--by', 'maria'], { environment })
    assert.equal(applied.code, 0, applied.stderr)
    assert.match((await runCli(['retention'], { environment })).stdout, /Everything is kept as/)
    const ttls = await onBoth("system.tables WHERE database = 'custom_events' AND name = 'events' AND position(create_table_query, ' TTL ') > 0") // prettier-ignore
    assert.deepEqual(ttls, [1, 1])
    assert.deepEqual(await onBoth("audit FINAL WHERE command = 'retention' AND outcome = 'done'"), [1, 1]) // prettier-ignore

    const filled = await cli('hot-properties', '--fill')
    assert.equal(filled.code, 0, filled.stderr)
    assert.match(filled.stdout, /^shard 1 of 2: .*\nshard 2 of 2: /m)
  },
)
