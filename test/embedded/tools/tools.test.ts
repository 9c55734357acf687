// What analysts work with, from its registry and with its own settings, on the embedded ClickHouse.
import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { clickhouseHeaders, startClickHouse } from '@custom-events/embedded'
import {
  jdbcJars,
  NO_JAVA,
  NO_PYTHON,
  pythonPackages,
  runDbt,
  runJava,
  runPython,
  type Door,
} from './programs.ts'

let server: Awaited<ReturnType<typeof startClickHouse>>
let door: Door
before(async () => {
  const [started] = await Promise.all([
    startClickHouse(),
    ...(NO_PYTHON === null ? [pythonPackages()] : []),
    ...(NO_JAVA === null ? [jdbcJars()] : []),
  ])
  server = started
  const { CLICKHOUSE_PASSWORD: password } = server.environment
  door = { DOOR_PORT: new URL(server.url).port, DOOR_PASSWORD: password }
})
after(() => server[Symbol.asyncDispose]())

async function ask(sql: string): Promise<string> {
  const headers = clickhouseHeaders(server.environment)
  const answer = await fetch(server.url, { method: 'POST', body: sql, headers })
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.text()
}

describe('the tools of analysts work as they come', { concurrency: 2 }, () => {
  const skipPython = { skip: NO_PYTHON ?? false }
  test('clickhouse-connect: sessions, data frames, Arrow, external data', skipPython, async () => {
    assert.deepEqual(await runPython('clickhouse_connect_app.py', door), {
      written: 50_000,
      frame: [
        [1, 'a', null],
        [2, 'é\n\n', 2.5],
        [10, 'hello', 1.5],
      ],
      arrow: [
        { id: 1, name: 'a' },
        { id: 2, name: 'é\n\n' },
      ],
      joined: [['é\n\n']],
      settings: [1234, 5, 1234],
      rows: 300_000,
      bound: [[42]],
      words: [
        ['a', 'one'],
        ['é\n\n', 'two'],
      ],
      error: '47',
    })
  })

  test('SQLAlchemy, pandas, polars and ibis read, write and describe', skipPython, async () => {
    const both = [
      [1, 'a'],
      [2, 'b'],
    ]
    assert.deepEqual(await runPython('frames_app.py', door), {
      sqlalchemy: {
        bound: 'b',
        counted: 2,
        columns: [
          ['id', 'Int32'],
          ['name', 'String'],
        ],
      },
      schemas: true,
      pandas: both,
      polars: [both, [...both, [3, 'polars']]],
      ibis: {
        grouped: [
          ['a', 1],
          ['b', 1],
          ['polars', 1],
        ],
        joined: 1,
        tables: true,
      },
    })
  })

  test('mcp-clickhouse lists and asks', skipPython, async () => {
    assert.deepEqual(await runPython('mcp_app.py', door), {
      databases: true,
      tables: true,
      answer: { columns: ['n'], rows: [[7]] },
    })
  })

  test(
    'dbt builds models and tests them, and an incremental one takes what is new',
    skipPython,
    async () => {
      await using project = await dbtProject()
      await ask(
        'CREATE TABLE dbt_events (timestamp DateTime, event String) ENGINE = MergeTree ORDER BY timestamp',
      )
      const send = (from: string): Promise<string> =>
        ask(
          `INSERT INTO dbt_events SELECT toDateTime('${from}') + number * 3600, ['a', 'b'][number % 2 + 1] FROM numbers(48)`,
        )
      await send('2026-01-01 00:00:00')
      assert.match(await runDbt(project.folder, ['build'], door), /PASS=7 WARN=0 ERROR=0/)
      await send('2026-01-02 12:00:00')
      assert.match(await runDbt(project.folder, ['build'], door), /PASS=7 WARN=0 ERROR=0/)
      const daily = 'SELECT day, sum(events) FROM analytics.daily GROUP BY day ORDER BY day'
      assert.equal(
        await ask(daily),
        '2026-01-01\t24\n2026-01-02\t36\n2026-01-03\t24\n2026-01-04\t12\n',
      )
      for (const model of ['by_event', 'replaced']) {
        assert.equal(await ask(`SELECT sum(events) FROM analytics.${model}`), '96\n')
      }
    },
  )

  test(
    'JDBC: metadata, prepared statements, long results, errors',
    { skip: NO_JAVA ?? false },
    async () => {
      assert.deepEqual(await runJava('JdbcApp.java', door), [
        'batch: 100',
        'version: true',
        'table: jdbc TABLE',
        'column: id Int32',
        'column: name String',
        "column: at DateTime64(3, 'UTC')",
        'schemas: true',
        'types: true',
        "row: 10 it's 10 10000",
        "row: 11 it's 11 11000",
        'empty: true',
        'sum: 44999850000',
        'error: Code: 47',
        'error: Code: 62',
        'error: Code: 60',
        'error: Code: 395',
        'error: Code: 395',
        'error: Code: 48',
        'error: Code: 497',
        'valid: true',
      ])
    },
  )
})

async function dbtProject(): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'custom-events-dbt-'))
  await cp(join(import.meta.dirname, 'dbt'), folder, { recursive: true })
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true })
  return { folder, [Symbol.asyncDispose]: dispose }
}
