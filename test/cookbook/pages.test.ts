// What docs/cookbook.md tells people to type, typed; and its pictures, drawn from what ClickHouse answers.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { SAMPLE_FROM, SAMPLE_TO } from '../../tools/cookbook/sample.ts'
import { NO_PYTHON, pythonPackages } from '../embedded/tools/programs.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { openCookbook, type Cookbook } from './cookbook.ts'

const page = readFileSync('docs/cookbook.md', 'utf8')
const TIMEOUT_MS = 60_000

let stack: Servers
let cookbook: Cookbook
before(async () => {
  stack = await servers()
  cookbook = await openCookbook(stack)
})
after(async () => {
  await cookbook[Symbol.asyncDispose]()
  await stack[Symbol.asyncDispose]()
})

/** The first block of a language that holds a word, with the address and the database of this test. */
function block(language: string, word: string): string {
  const blocks = [...page.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
  const found = blocks.find(([, of, text = '']) => of === language && text.includes(word))?.[2]
  assert.ok(found !== undefined, `docs/cookbook.md has no ${language} with ${word}`)
  const { port } = new URL(stack.environment.CLICKHOUSE_URL)
  return found
    .replaceAll('127.0.0.1:8123', `127.0.0.1:${port}`)
    .replaceAll('port=8123', `port=${port}`)
    .replaceAll(/(database[=:] ?["']?|\d\/)custom_events/g, `$1${cookbook.database}`)
}

async function run(
  program: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { CLICKHOUSE_PASSWORD, CLICKHOUSE_URL } = stack.environment
  const env = {
    ...process.env,
    CLICKHOUSE_PASSWORD,
    CLICKHOUSE_URL,
    CLICKHOUSE_DATABASE: cookbook.database,
    ...more,
  }
  return (
    await promisify(execFile)(program, args, { env, timeout: TIMEOUT_MS, maxBuffer: 1 << 24 })
  ).stdout
}

test('curl asks as the page says', async () => {
  assert.match(await run('sh', ['-c', block('sh', 'curl')]), /2026-04-05 │ +2 │ +2 │/)
})

test(
  'clickhouse-connect, pandas, SQLAlchemy and polars ask as the page says',
  { skip: NO_PYTHON ?? false },
  async () => {
    const program = block('python', 'query_df') + block('python', 'polars')
    const told = await run('python3', ['-c', program], { PYTHONPATH: await pythonPackages() })
    assert.match(told, /2026-04-05 +2 +2\n\n\[173 rows x 3 columns\]\n173\n173\n173\n$/)
  },
)

test('@clickhouse/client asks as the page says', async () => {
  const told = await run(process.execPath, [
    '--input-type=module',
    '-e',
    block('js', 'createClient'),
  ])
  assert.match(told, /\{ day: '2025-10-11', users: '?2'?, accounts: '?1'? \}/)
})

const pictures = readdirSync('docs/figures/cookbook').map((file) => file.replace(/\.svg$/, ''))
for (const name of pictures) {
  test(`the picture of ${name} is what ClickHouse answers`, async () => {
    const range = ['--from', SAMPLE_FROM, '--to', SAMPLE_TO, '--tz', 'America/New_York']
    const drawn = await run(process.execPath, ['tools/chart.ts', name, ...range])
    assert.equal(drawn, readFileSync(`docs/figures/cookbook/${name}.svg`, 'utf8'))
  })
}

const RANGE = ['--from', SAMPLE_FROM, '--to', SAMPLE_TO]
const REFUSED: readonly (readonly [args: readonly string[], told: RegExp])[] = [
  [['99-nothing', ...RANGE], /which question: a name of docs\/queries, got 99-nothing$/m],
  [RANGE, /which question: a name of docs\/queries, got none$/m],
  [['03-active-users', '--to', SAMPLE_TO], /--from and --to are missing$/m],
  [['01-events-per-day', ...RANGE], /01-events-per-day has no picture: its answer is a table$/m],
  [
    ['03-active-users', ...RANGE, '--tz', 'Mars/Olympus'],
    /^ClickHouse answered 400: Code: 36.*Cannot load time zone Mars\/Olympus/m,
  ],
  [
    ['03-active-users', '--from', SAMPLE_TO, '--to', SAMPLE_FROM],
    /^there is no row: nothing lies from 2026-04-06 to 2025-10-06$/m,
  ],
  [
    ['03-active-users', ...RANGE, '--set', 'event=x'],
    /--set event: 03-active-users has nothing to set$/m,
  ],
  [
    ['24-percentiles', ...RANGE, '--set', 'events=x'],
    /--set events: 24-percentiles has event, property to set$/m,
  ],
]
for (const [args, told] of REFUSED) {
  test(`what cannot be drawn is told: chart ${args.join(' ')}`, async () => {
    await assert.rejects(run(process.execPath, ['tools/chart.ts', ...args]), { stderr: told })
  })
}
