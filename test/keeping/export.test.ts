import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parquetReadObjects } from 'hyparquet'
import { hashOfId, migrate, type ClickHouse } from '@custom-events/clickhouse'
import { createLogger } from '@custom-events/runtime'
import { EXPORT_SOURCES } from '../../cli/src/export/sources.ts'
import { momentsOf } from '../../cli/src/export/moments.ts'
import type { Manifest } from '../../cli/src/export/manifest.ts'
import { eventually } from '../support/eventually.ts'
import { ownDatabase } from '../support/own-database.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { fromOurs } from '../support/from-ours.ts'
import { readIfThere } from '../support/processes.ts'

let stack: Servers
let folder: string
before(async () => {
  stack = await servers()
  folder = mkdtempSync(join(tmpdir(), 'custom-events-export-'))
})
after(async () => {
  rmSync(folder, { recursive: true, force: true })
  await stack[Symbol.asyncDispose]()
})

const SLOW = { timeout: 300_000 }
const MAIN = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))

/** Columns that say where a row lies in the pipeline, and hot properties, which stand in `properties`, too. */
const NOT_EXPORTED = {
  events: [
    'action',
    'amount',
    'email',
    'feature_name',
    'kafka_offset',
    'kafka_partition',
    'version',
  ],
  rejected: ['kafka_generation', 'kafka_offset', 'kafka_partition', 'replayed_to', 'version'],
}

async function openDatabase(): Promise<ClickHouse> {
  const clickhouse = ownDatabase(stack, 'export')
  await migrate({ clickhouse, log: createLogger({ service: 'test', level: 'silent' }) })
  return clickhouse
}

/** The command, as an operator starts it. */
function start(
  clickhouse: ClickHouse,
  args: readonly string[],
  {
    flags = [],
    environment = {},
  }: { flags?: readonly string[]; environment?: Readonly<Record<string, string>> } = {},
) {
  const child = spawn(process.execPath, [...flags, MAIN, 'export', ...args], {
    env: {
      ...fromOurs(),
      ...stack.environment,
      CLICKHOUSE_DATABASE: clickhouse.database,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout.on('data', (chunk) => (said += String(chunk)))
  child.stderr.on('data', (chunk) => (said += String(chunk)))
  const exit = once(child, 'close').then(([code]) => ({ code: code as number | null, said })) // as documented
  return { child, exit }
}

const run = (clickhouse: ClickHouse, ...args: readonly string[]) => start(clickhouse, args).exit

const manifestOf = (out: string) =>
  JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as Manifest // written by us

const linesOf = (out: string, source: string): readonly string[] =>
  manifestOf(out)
    .files.filter((file) => file.source === source)
    .flatMap(({ name }) => readFileSync(join(out, name), 'utf8').split('\n').filter(Boolean))

const ODD = `it's "odd" \\ 日本 \n {group:String} %00`
const PROPERTIES = '{"whole":12345678901234567890,"real":1.0,"text":"é\\n","deep":{"b":1,"a":2}}'

async function insertOdd(clickhouse: ClickHouse): Promise<void> {
  const rows = [
    { event_id: '1', timestamp: '1901-02-03 04:05:06.789', user_id: 'u', version: 1 },
    { event_id: '2', timestamp: '2026-01-01 00:00:00.000', user_id: 'u', version: 2 },
    { event_id: '2', timestamp: '2026-01-01 00:00:00.000', user_id: 'u2', version: 3 }, // sent again
    { event_id: '3', timestamp: '2299-12-31 23:59:59.999', anonymous_id: "a'", version: 4 },
    {
      event_id: '4',
      timestamp: '2026-01-01 00:00:00.000',
      user_id: 'u',
      group_id: 'other',
      version: 5,
    },
  ].map((row) => ({
    group_id: ODD,
    event: "e'",
    properties: PROPERTIES,
    context: '{}',
    extra: '{}',
    set_received_at: '2026-01-02 00:00:00.000',
    set_sent_at: row.event_id === '1' ? '2026-01-01 00:00:00.001' : null,
    ...row,
  }))
  await clickhouse.command(
    `INSERT INTO events (group_id, event, timestamp, event_id, user_id, anonymous_id, properties, context, extra,
       version, set_received_at, set_sent_at) FORMAT JSONEachRow\n${rows.map((row) => JSON.stringify(row)).join('\n')}`,
  )
  const rejects = ['r1', 'r2'].map((request_id, index) =>
    JSON.stringify({
      request_id,
      index: 0,
      code: 'too_deep',
      errors: '[{"code":"too_deep"}]',
      group_id: index === 0 ? ODD : 'other',
      user_id: 'u',
      raw: '{"user_id":"u"}',
      received_at: '2026-01-02 00:00:00.000',
    }),
  )
  await clickhouse.command(`INSERT INTO rejected_events FORMAT JSONEachRow\n${rejects.join('\n')}`)
}

test(
  'an account with odd values: each event once, byte for byte, nobody else’s, and its rejects',
  SLOW,
  async () => {
    await using clickhouse = await openDatabase()
    await insertOdd(clickhouse)
    const out = join(folder, 'odd')
    const { code, said } = await run(clickhouse, '--group', ODD, '--out', out, '--by', 'maria')
    assert.equal(code, 0, said)
    const events = linesOf(out, 'events')
    assert.deepEqual(
      events.map((line) => {
        const { event_id, user_id, anonymous_id, timestamp, group_id } = JSON.parse(line)
        return { event_id, user_id, anonymous_id, timestamp, group_id }
      }),
      [
        { event_id: '1', user_id: 'u', anonymous_id: null, timestamp: '1901-02-03T04:05:06.789Z' },
        { event_id: '2', user_id: 'u2', anonymous_id: null, timestamp: '2026-01-01T00:00:00.000Z' },
        { event_id: '3', user_id: null, anonymous_id: "a'", timestamp: '2299-12-31T23:59:59.999Z' },
      ].map((row) => ({ ...row, group_id: ODD })),
    )
    for (const line of events) assert.ok(line.includes(`"properties":${PROPERTIES}`), line)
    const [reject, ...more] = linesOf(out, 'rejected').map((line) => JSON.parse(line))
    assert.deepEqual(more, [])
    assert.deepEqual([reject.request_id, reject.errors], ['r1', [{ code: 'too_deep' }]])

    const { group, rows, format, as_of: asOf, complete_until: until } = manifestOf(out)
    assert.deepEqual(
      { group, rows, format, until },
      { group: ODD, rows: 4, format: 'ndjson', until: null },
    )
    assert.match(asOf, /^20\d\d-/)
    assert.equal((await run(clickhouse, '--verify', out)).code, 0)
    const audit = await clickhouse.query<{ readonly counts: string }>(
      'SELECT command, run_by, login, outcome, arguments, counts FROM audit FINAL',
    )
    assert.deepEqual(audit, [
      {
        command: 'export',
        run_by: 'maria',
        login: clickhouse.user,
        outcome: 'done',
        arguments: JSON.stringify({ group_hash: hashOfId(ODD), format: 'ndjson' }),
        counts: audit[0]?.counts,
      },
    ])
    assert.match(audit[0]?.counts ?? '', /"events":3,"rejected":1/)
  },
)

test('until when all is there is unknown when it is of one of two clusters', SLOW, async () => {
  await using clickhouse = await openDatabase()
  const topic = 'twice'
  await clickhouse.command(
    `INSERT INTO kafka_logs (topic, generation, cluster_id) VALUES ('twice', 1, 'a'), ('twice', 2, 'b')`,
  )
  const settle = (generation: number): Promise<void> =>
    clickhouse.command(
      `INSERT INTO settled (topic, generation, kafka_partition, next_offset, complete_until, recorded_at)
       VALUES ('twice', ${generation}, 0, 1, '2026-01-02 03:04:05.678', '2026-01-02 03:04:05.678')`,
    )
  await settle(1)
  assert.equal((await momentsOf(clickhouse, topic)).complete_until, null)
  await settle(2)
  assert.equal((await momentsOf(clickhouse, topic)).complete_until, '2026-01-02T03:04:05.678Z')
})

test('one person in an account, and no id of theirs in the audit', SLOW, async () => {
  await using clickhouse = await openDatabase()
  await insertOdd(clickhouse)
  const out = join(folder, 'u2') // as docs/privacy.md names it
  const { code, said } = await run(clickhouse, '--group', ODD, '--user', 'u2', '--out', out)
  assert.equal(code, 0, said)
  assert.deepEqual(
    linesOf(out, 'events').map((line) => JSON.parse(line).event_id),
    ['2'],
  )
  const anonymous = join(folder, 'anonymous')
  await run(
    clickhouse,
    '--group',
    ODD,
    '--anonymous',
    "a'",
    '--from',
    '2200-01-01',
    '--out',
    anonymous,
  )
  assert.deepEqual(
    linesOf(anonymous, 'events').map((line) => JSON.parse(line).event_id),
    ['3'],
  )
  const [row] = await clickhouse.query(
    `SELECT countIf(position(arguments, 'u2') > 0) AS named, countIf(JSONExtractString(arguments, 'user_hash') =
       lower(hex(substring(SHA256('u2'), 1, 16)))) AS hashed FROM audit`,
  )
  assert.deepEqual(row, { named: '0', hashed: '2' }, 'a row at the beginning, and one at the end')
})

test('Parquet has the same rows, with times in UTC and nulls', SLOW, async () => {
  await using clickhouse = await openDatabase()
  await insertOdd(clickhouse)
  const out = join(folder, 'parquet')
  const { code, said } = await run(clickhouse, '--group', ODD, '--format', 'parquet', '--out', out)
  assert.equal(code, 0, said)
  const rows = []
  for (const { name, source } of manifestOf(out).files) {
    if (source !== 'events') continue
    const { buffer } = new Uint8Array(readFileSync(join(out, name)))
    rows.push(...(await parquetReadObjects({ file: buffer })))
  }
  assert.deepEqual(
    rows.map(({ event_id: id, user_id: user, timestamp, sent_at: sent, properties }) => ({
      id,
      user,
      timestamp,
      sent,
      properties,
    })),
    [
      {
        id: '1',
        user: 'u',
        timestamp: '1901-02-03T04:05:06.789Z',
        sent: '2026-01-01T00:00:00.001Z',
      },
      { id: '2', user: 'u2', timestamp: '2026-01-01T00:00:00.000Z', sent: null },
      { id: '3', user: null, timestamp: '2299-12-31T23:59:59.999Z', sent: null },
    ].map(({ id, user, timestamp, sent }) => ({
      id,
      user,
      timestamp: new Date(timestamp),
      sent: sent === null ? null : new Date(sent),
      properties: PROPERTIES,
    })),
  )
  assert.equal((await run(clickhouse, '--verify', out)).code, 0)
})

/** A million was tried as well: EXPORT_ROWS=1000000. */
const MANY = Number(process.env['EXPORT_ROWS'] ?? 200_000)

test(
  'many rows in bounded memory, in files of bounded size, each row once while they are sent again',
  SLOW,
  async (t) => {
    await using clickhouse = await openDatabase()
    const fill = (from: number, count: number, version: number) =>
      clickhouse.command(
        `INSERT INTO events (group_id, event, timestamp, event_id, user_id, properties, context, extra, version, set_received_at)
       SELECT 'big', concat('event_', toString(number % 7)), toDateTime64('2026-01-01', 3, 'UTC') + number * 3, toString(number),
         concat('user_', toString(number % 1000)), concat('{"number":', toString(number), ',"text":"', repeat('x', 150), '"}'),
         '{}', '{}', {version:UInt64}, toDateTime64('2026-01-01', 3, 'UTC') FROM numbers({from:UInt64}, {count:UInt64})`,
        { from, count, version },
      )
    for (let from = 0; from < MANY; from += 100_000) await fill(from, 100_000, 1)
    const out = join(folder, 'many')
    const { child, exit } = start(clickhouse, ['--group', 'big', '--out', out, '--file-mib', '8'], {
      flags: ['--max-old-space-size=64'],
    })
    let highestKib = 0
    const watch = setInterval(() => {
      const status = readIfThere(`/proc/${child.pid}/status`) ?? ''
      highestKib = Math.max(highestKib, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
    }, 100)
    for (let from = 0; from < MANY; from += 100_000) await fill(from, 10_000, 2) // updates, meanwhile
    const { code, said } = await exit
    clearInterval(watch)
    assert.equal(code, 0, said)
    const { files, rows } = manifestOf(out)
    assert.equal(rows, MANY)
    assert.ok(files.length >= 10, `${files.length} files`)
    for (const { name, bytes } of files)
      assert.ok(bytes < 16 * 1024 * 1024, `${name}: ${bytes} bytes`)
    const seen = new Uint8Array(MANY)
    for (const { name } of files) {
      for (const [, id] of readFileSync(join(out, name), 'utf8').matchAll(
        /^\{"event_id":"(\d+)"/gm,
      )) {
        seen[Number(id)] = (seen[Number(id)] ?? 0) + 1
      }
    }
    assert.ok(seen.every((times) => times === 1))
    assert.ok(highestKib > 0, 'its memory was looked at')
    assert.ok(highestKib < 250 * 1024, `${highestKib} KiB at most`)
    t.diagnostic(`export of ${MANY} rows: ${highestKib} KiB at most, ${files.length} files`)

    // Killed in the middle: no manifest; and the next run begins anew.
    const killed = join(folder, 'killed')
    const first = start(clickhouse, ['--group', 'big', '--out', killed, '--file-mib', '2'])
    await eventually(() => assert.ok(readdirSync(killed).includes('events-000002.ndjson')), {
      withinMs: 60_000,
    })
    first.child.kill('SIGKILL')
    await first.exit
    assert.ok(!existsSync(join(killed, 'manifest.json')))
    assert.match((await run(clickhouse, '--verify', killed)).said, /is no finished export/)
    const again = await run(clickhouse, '--group', 'big', '--user', 'user_1', '--out', killed)
    assert.equal(again.code, 0, again.said)
    assert.match(again.said, /an export that did not end began here; it begins anew/)
    assert.equal(manifestOf(killed).rows, MANY / 1000)
    assert.equal((await run(clickhouse, '--verify', killed)).code, 0)
    const ends = await clickhouse.query(
      'SELECT outcome, toUInt32(count()) AS runs FROM audit FINAL GROUP BY outcome ORDER BY outcome',
    )
    assert.deepEqual(
      ends,
      [
        { outcome: 'begun', runs: 1 },
        { outcome: 'done', runs: 2 },
      ],
      'the killed one has no end',
    )
  },
)

test(
  'a folder with anything in it is refused; a changed, missing or added file is found',
  SLOW,
  async () => {
    await using clickhouse = await openDatabase()
    await insertOdd(clickhouse)
    const out = join(folder, 'checked')
    assert.equal((await run(clickhouse, '--group', ODD, '--out', out)).code, 0)
    assert.match(
      (await run(clickhouse, '--group', ODD, '--out', out)).said,
      /holds a finished export/,
    )
    const [file] = manifestOf(out).files
    const path = join(out, file?.name ?? '')
    const bytes = readFileSync(path)
    const found = async (): Promise<string> => {
      const { code, said } = await run(clickhouse, '--verify', out)
      assert.equal(code, 1)
      return said
    }
    writeFileSync(path, Buffer.from(bytes).fill('x', 10, 11))
    assert.match(await found(), /events-000001.ndjson: has SHA-256/)
    appendFileSync(path, '\n')
    assert.match(await found(), /bytes, expected/)
    rmSync(path)
    writeFileSync(join(out, 'more.txt'), '')
    assert.match(await found(), /more.txt is not in the manifest\n.*is missing/)
    const foreign = mkdtempSync(join(folder, 'foreign-'))
    writeFileSync(join(foreign, 'notes.txt'), 'mine')
    const { code, said } = await run(clickhouse, '--group', 'g', '--out', foreign)
    assert.equal(code, 1)
    assert.match(said, /is not empty \(notes.txt\)/)
    assert.deepEqual(readdirSync(foreign), ['notes.txt'])
  },
)

test('what cannot be written into the audit is not exported', SLOW, async () => {
  await using clickhouse = await openDatabase()
  await clickhouse.command('DROP TABLE audit')
  const out = join(folder, 'unseen')
  const { code, said } = await run(clickhouse, '--group', 'g', '--out', out)
  assert.equal(code, 1)
  assert.match(said, /audit/)
  assert.equal(existsSync(out), false, 'nothing was written, so no folder is left')
})

test('of nobody there is an empty export, said loudly and by its exit code', SLOW, async () => {
  await using clickhouse = await openDatabase()
  await insertOdd(clickhouse)
  const out = join(folder, 'nobody')
  const { code, said } = await run(clickhouse, '--group', ODD, '--user', 'mistyped', '--out', out)
  assert.equal(code, 66, said)
  assert.match(said, /NOBODY FOUND: .* user "mistyped"\.\n {2}fix: /)
  assert.equal(manifestOf(out).rows, 0)
  assert.equal((await run(clickhouse, '--verify', out)).code, 0)
})

test('an export has every column, but those that a list names', async () => {
  await using clickhouse = await openDatabase()
  for (const { name, from, columns } of EXPORT_SOURCES) {
    const table = from.replace(' FINAL', '')
    const there = await clickhouse.query<{ name: string }>(`DESCRIBE TABLE ${table}`)
    const exported = new Set(columns.map((column) => column.name))
    const missing = there.map((column) => column.name).filter((column) => !exported.has(column))
    assert.deepEqual(missing.toSorted(), NOT_EXPORTED[name], table)
  }
})

test('an account of any size is counted: that may take as long as its files', SLOW, async () => {
  await using clickhouse = await openDatabase()
  await insertOdd(clickhouse)
  const limits = new Map<string, string | null>()
  await using relay = await openRelay((sql, search) => {
    const what = sql.includes('AS startMs')
      ? 'count'
      : sql.includes('JSONCompactEachRow')
        ? 'read'
        : 'other'
    limits.set(what, search.get('max_execution_time'))
  })
  const out = join(folder, 'large')
  const environment = { CLICKHOUSE_URL: relay.url }
  const { code, said } = await start(clickhouse, ['--group', ODD, '--out', out], {
    environment,
  }).exit
  assert.equal(code, 0, said)
  assert.deepEqual([limits.get('count'), limits.get('read')], ['3600', '3600'])
})

test('Ctrl-C ends an export that is counting, however long that takes', SLOW, async () => {
  await using clickhouse = await openDatabase()
  const counting = Promise.withResolvers<void>()
  await using relay = await openRelay(async (sql) => {
    if (!sql.includes('AS startMs')) return
    counting.resolve()
    await new Promise(() => {}) // never
  })
  const out = join(folder, 'stopped')
  const environment = { CLICKHOUSE_URL: relay.url }
  const { child, exit } = start(clickhouse, ['--group', 'g', '--out', out], { environment })
  await counting.promise
  child.kill('SIGINT')
  const { code, said } = await exit
  assert.equal(code, 130, said)
  assert.match(said, /stopped: .* has no manifest; run it again/)
})

/** ClickHouse behind somebody who looks at what is asked, and may hold it. */
async function openRelay(look: (sql: string, search: URLSearchParams) => void | Promise<void>) {
  const { CLICKHOUSE_URL } = stack.environment
  const server = createServer((request, response) => {
    const pass = async (): Promise<void> => {
      const body = Buffer.concat(await request.toArray())
      const url = new URL(request.url ?? '/', CLICKHOUSE_URL)
      await look(body.toString(), url.searchParams)
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(([name]) =>
          /^(?:authorization|x-|content-type)/.test(name),
        ),
      ) as Record<string, string> // none of these is a list
      const answer = await fetch(url, { method: 'POST', headers, body })
      response.writeHead(
        answer.status,
        [...answer.headers].filter(([name]) => name.startsWith('x-')).flat(),
      )
      response.end(Buffer.from(await answer.arrayBuffer()))
    }
    pass().catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await promisify(server.close.bind(server))()
    },
  }
}
