// Logins of accounts: made, tried, listed and removed, whatever the account is called; by the command itself.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { accountLogin, roleNamed } from '@custom-events/clickhouse/access'
import { eventually } from '../support/eventually.ts'
import { openWorld, OWN_ROWS, type World } from './world.ts'

const run = promisify(execFile)
let world: World
before(async () => {
  world = await openWorld()
})
after(() => world[Symbol.asyncDispose]())

const SLOW = { timeout: 120_000 }

async function command(role: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, ['cli/src/main.ts', 'account', ...args], {
    env: { ...process.env, ...world.environmentOf(role as 'setup'), LOG_LEVEL: 'warn' },
  })
  return stdout
}

async function count(user: string, password: string): Promise<string> {
  const response = await fetch(`${world.url}/?database=custom_events`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${user}:${password}`)}` },
    body: 'SELECT count() FROM tracked',
  })
  return (await response.text()).trim()
}

const ACCOUNTS = [
  "o'brien",
  'back\\slash',
  '`tick`',
  'two\nlines',
  '"; DROP USER setup; --',
  '<b>&amp;</b>]]>',
  '日本語 🙂',
  'a'.repeat(256),
  '../../users.xml',
  '%61cme',
  '-61cme',
  'acme ',
  'ACME',
]

test('an account of any name gets a login that sees its rows, and those alone', SLOW, async () => {
  for (const groupId of ACCOUNTS) {
    await world.clickhouse.command(
      `INSERT INTO events (group_id, event, timestamp, event_id, set_received_at, version)
       VALUES ({group:String}, 'e', now64(3), 'x', now64(3), 1)`,
      { group: groupId },
    )
    const printed = await command('setup', 'add', '--group', groupId)
    const [, user = '', password = ''] =
      /^CLICKHOUSE_USER=(.+)\nCLICKHOUSE_PASSWORD=(.+)\n$/.exec(printed) ?? []
    assert.equal(user, accountLogin(groupId))
    assert.equal(await count(user, password), '1', JSON.stringify(groupId))
  }
  const listed = await command('setup', 'list')
  for (const groupId of ACCOUNTS) {
    assert.ok(listed.includes(`${accountLogin(groupId)}  ${JSON.stringify(groupId)}\n`), groupId)
  }
})

test('a login that is removed is refused from then on, and can be made again', SLOW, async () => {
  const first = /PASSWORD=(.+)/.exec(await command('setup', 'add', '--group', 'gone'))?.[1] ?? ''
  assert.equal(await count('account-gone', first), '0')
  await assert.rejects(command('setup', 'add', '--group', 'gone'), /has a login already/)
  await command('setup', 'remove', '--group', 'gone')
  assert.match(await count('account-gone', first), /^Code: 516\./)
  await assert.rejects(command('setup', 'remove', '--group', 'gone'), /it has no login/)
  const second = /PASSWORD=(.+)/.exec(await command('setup', 'add', '--group', 'gone'))?.[1] ?? ''
  assert.match(await count('account-gone', first), /^Code: 516\./)
  assert.equal(await count('account-gone', second), '0')
})

test('nobody but setup makes logins', SLOW, async () => {
  for (const role of ['reader', 'writer', 'operator', 'own']) {
    await assert.rejects(command(role, 'add', '--group', 'mine'), /may not manage access/)
  }
})

test('queries go on while logins are made and removed', SLOW, async () => {
  const over = new AbortController()
  const asking = (async () => {
    let asked = 0
    while (!over.signal.aborted) {
      const { status, text } = await world.ask('own', 'SELECT count() FROM tracked')
      assert.equal(status, 200, text)
      assert.equal(text, `${OWN_ROWS}\n`)
      asked++
    }
    return asked
  })()
  for (let round = 0; round < 3; round++) {
    await command('setup', 'add', '--group', 'busy')
    await command('setup', 'remove', '--group', 'busy')
  }
  over.abort()
  assert.ok((await asking) > 3)
})

test('an account that asks as much as it may leaves others theirs', SLOW, async () => {
  const LONG = 'SELECT sum(sleepEachRow(1)) FROM numbers(60) SETTINGS max_block_size = 1'
  const limits = roleNamed('account').limits ?? []
  const most = limits.find(({ setting }) => setting === 'max_concurrent_queries_for_user')
  const { CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password } = world.environmentOf('own')
  const over = new AbortController()
  const asked = Array.from({ length: most?.value ?? 0 }, () =>
    fetch(world.url, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${user}:${password}`)}` },
      body: LONG,
      signal: over.signal,
    }),
  )
  await eventually(async () => {
    assert.match((await world.ask('own', 'SELECT 1')).text, /^Code: 202\..* of this login: 4 run/)
  })
  assert.equal((await world.ask('foreign', 'SELECT 1')).text, '1\n')
  over.abort()
  await Promise.allSettled(asked)
  await eventually(async () => assert.equal((await world.ask('own', 'SELECT 1')).text, '1\n'))
})

test('who is refused is told their own name, and where their rights stand', SLOW, async () => {
  for (const role of ['reader', 'own'] as const) {
    const { CLICKHOUSE_USER: name } = world.environmentOf(role)
    const { text } = await world.ask(role, 'SELECT * FROM migrations')
    assert.match(text, new RegExp(`^Code: 497.*${name}: Not enough privileges`))
    assert.match(text, /docs\/reference\/rights\.md/)
    assert.doesNotMatch(text, /default|allow-sources/)
  }
  await assert.rejects(command('reader', 'add', '--group', 'x'), (error: Error) => {
    assert.match(error.message, /CLICKHOUSE_USER=reader may not manage access/)
    assert.doesNotMatch(error.message, /SALT|BY '[0-9a-f]/)
    return true
  })
})
