// What is asked of a ClickHouse whose disk is full, or was while it wrote parts anew.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createClickHouse, lackOfRoom } from '@custom-events/clickhouse'
import { canMount } from '../../chaos/disk.ts'
import { startServers, type Servers } from '../../chaos/servers.ts'
import { runCli } from '../support/cli-command.ts'
import { keepPartsBriefly, QUICK_ERASURES, receiptIn, runErase } from '../support/erase-command.ts'
import { eventually } from '../support/eventually.ts'
import { startTestPipeline, type TestPipeline } from '../support/pipeline.ts'

/** A little less than is asked for. */
const LITTLE_ROOM_BYTES = 90_000_000
const LAST_BYTES = 10
const WITH_SERVERS = {
  skip: canMount() ? false : 'SKIPPED: it fills a disk, and only root may mount one',
  timeout: 300_000,
}

let resources: AsyncDisposableStack
let servers: Servers
let pipeline: TestPipeline

before(async () => {
  if (WITH_SERVERS.skip !== false) return
  await using starting = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-full-disk-'))
  starting.defer(() => rmSync(folder, { recursive: true, force: true }))
  servers = starting.use(
    await startServers({ seed: 1, folder, withDisks: true, onProgress: () => {} }),
  )
  pipeline = starting.use(
    await startTestPipeline({ servers: servers.stack.environment, environment: QUICK_ERASURES }),
  )
  await keepPartsBriefly((sql) => pipeline.query(sql))
  resources = starting.move()
})
after(() => resources?.disposeAsync())

const erase = (args: readonly string[], killAt?: RegExp) =>
  runErase(args, {
    environment: pipeline.environment,
    ...(killAt === undefined ? {} : { killAt }),
  })

async function postEvents(users: readonly string[]): Promise<void> {
  const events = users.map((user) => ({
    event: 'disk_filled',
    group_id: 'account_1',
    user_id: user,
    timestamp: '2024-03-05T10:00:00Z',
  }))
  const { status } = await pipeline.post('/track', JSON.stringify(events))
  assert.equal(status, 200)
}

async function rowsOf(user: string): Promise<number> {
  const [row] = await pipeline.query<{ n: string }>(
    `SELECT count() AS n FROM events WHERE user_id = '${user}'`,
  )
  return Number(row?.n)
}

const untilRows = (user: string, expected: number) =>
  eventually(async () => assert.equal(await rowsOf(user), expected, user))

test(
  'on a disk that is nearly full nothing is altered, it is said why, and afterwards it goes on',
  WITH_SERVERS,
  async () => {
    await postEvents(['stays', 'stays', 'goes'])
    await untilRows('goes', 1)
    const { server, disk } = theClickHouse()
    await disk.fill(LITTLE_ROOM_BYTES)
    try {
      const erased = await erase(['--user', 'goes', '--yes'])
      assert.equal(erased.code, 1, erased.stderr)
      assert.match(
        erased.stdout,
        /Not done: .*disk default of ClickHouse on .* has \d+ MB left, needed are 100 MB \(to spare\): .*Make room, then run it again with --resume/,
      )
      const { code, stderr } = await runCli(['setup'], { environment: pipeline.environment })
      assert.equal(code, 1)
      assert.match(stderr, /disk default of ClickHouse .* needed are 100 MB \(to spare\)/)
      assert.match(
        String(await lackOf({ table: 'events', partition: '202403' })),
        /needed are 101 MB \(the largest part once more, and 100 MB to spare\)/,
      )
      assert.match(String(await lackOf({ table: 'events', partition: '202404' })), / 100 MB \(/)
      await server.restart() // all definitions are whole
      assert.equal(await rowsOf('goes'), 1)
    } finally {
      await disk.free()
    }
    const resumed = await erase(['--resume'])
    assert.equal(resumed.code, 0, resumed.stdout + resumed.stderr)
    assert.deepEqual([await rowsOf('stays'), await rowsOf('goes')], [2, 0])
  },
)

test(
  'what a part was made of is kept until that part is known to be readable',
  WITH_SERVERS,
  async () => {
    await pipeline.query('ALTER TABLE events RESET SETTING old_parts_lifetime') // as everybody has it
    await postEvents(['remains', 'remains', 'vanishes'])
    await untilRows('vanishes', 1)
    const killed = await erase(['--user', 'vanishes', '--yes'], /rewritten:/)
    assert.equal(killed.code, null)
    await cutRewrittenPart()

    const refused = await erase(['--resume'])
    assert.equal(refused.code, 1, refused.stderr)
    assert.match(
      refused.stdout,
      /ClickHouse cannot read what it has written anew: events\/\d+_\S+ \(.* for a day: restart ClickHouse/,
    )
    assert.equal(await secondsKept(), '86401')

    await theClickHouse().server.restart()
    const aside = await pipeline.query<{ name: string; reason: string }>(
      "SELECT name, reason FROM system.detached_parts WHERE table = 'events'",
    )
    assert.deepEqual([...new Set(aside.map(({ reason }) => reason))], ['broken-on-start'])
    assert.deepEqual([await rowsOf('remains'), await rowsOf('stays')], [2, 2])

    for (const { name } of aside) {
      await pipeline.query(
        `ALTER TABLE events DROP DETACHED PART '${name}' SETTINGS allow_drop_detached = 1`,
      )
    }
    const resumed = await erase(['--resume'])
    assert.equal(resumed.code, 0, resumed.stdout + resumed.stderr)
    assert.equal(receiptIn(resumed)['kind'], 'user')
    assert.deepEqual([await rowsOf('remains'), await rowsOf('vanishes')], [2, 0])
    assert.equal(await secondsKept(), '')
  },
)

function lackOf(rewritten: { readonly table: string; readonly partition: string }) {
  const { CLICKHOUSE_DATABASE = '' } = pipeline.environment
  const clickhouse = createClickHouse({ ...servers.stack.environment, CLICKHOUSE_DATABASE })
  return lackOfRoom({ clickhouse: resources.use(clickhouse), cluster: '' }, rewritten)
}

/** How long replaced parts of the table stay; empty: as ClickHouse has it. */
async function secondsKept(): Promise<string | undefined> {
  const [table] = await pipeline.query<{ own: string }>(
    `SELECT extract(engine_full, 'old_parts_lifetime = (\\\\d+)') AS own FROM system.tables
     WHERE database = currentDatabase() AND name = 'events'`,
  )
  return table?.own
}

function theClickHouse() {
  const [server] = servers.stack.shards
  const disk = server === undefined ? undefined : servers.disks.get(server.name)
  assert.ok(server !== undefined && disk !== undefined)
  return { server, disk }
}

/**
 * As it may look after a disk was full: its last bytes are not there. The columns that an erasure looks at are. A part that a
 * mutation left as it was shares its file with the one before, which is to stay whole.
 */
async function cutRewrittenPart(): Promise<void> {
  const parts = await pipeline.query<{ path: string }>(
    `SELECT path FROM system.parts
     WHERE active AND rows > 0 AND database = currentDatabase() AND table = 'events'`,
  )
  const files = parts.map(({ path }) => join(path, 'data.bin'))
  const [own, ...others] = files.filter((file) => statSync(file).nlink === 1)
  assert.ok(own !== undefined && others.length === 0, `one was written anew: ${files.join(', ')}`)
  truncateSync(own, statSync(own).size - LAST_BYTES)
}
