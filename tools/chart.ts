// `npm run chart`: a question of the cookbook, asked of a ClickHouse, as a picture.
import { readFileSync } from 'node:fs'
import { plotSvg } from './plot/plot.ts'
import { entryOf } from './cookbook/entries.ts'
import { plotOf } from './cookbook/picture.ts'
import { examplesOf, readRecipes, type Recipe } from './cookbook/recipe.ts'
import type { Row } from './cookbook/truth/asked.ts'
import { readArguments, refuseArguments } from './read-arguments.ts'
import { tellFailure } from './tell-failure.ts'

const USAGE = `npm run chart: a question of docs/cookbook.md as a picture, SVG, on stdout.

  npm run --silent chart -- 03-active-users --from 2025-10-06 --to 2026-04-06 --tz America/New_York > users.svg
  npm run --silent chart -- 24-percentiles --from … --to … --tz … --set event=feature_used --set property=duration_ms > p.svg

--tz is UTC if it is not said; what --set does not say is as the question suggests. Which ClickHouse: CLICKHOUSE_URL
(http://127.0.0.1:8123), CLICKHOUSE_USER (default), CLICKHOUSE_PASSWORD or CLICKHOUSE_PASSWORD_FILE, CLICKHOUSE_DATABASE (custom_events).`

const TIMEOUT_MS = 60_000
const DEFAULT_URL = 'http://127.0.0.1:8123'
const AUTHENTICATION_FAILED = '516'
const WHICH_LOGIN =
  'fix: CLICKHOUSE_USER and CLICKHOUSE_PASSWORD say who asks; `npm start` prints those of its ClickHouse'

try {
  process.stdout.write(await chart(readQuestion()))
} catch (error) {
  const url = process.env['CLICKHOUSE_URL'] ?? DEFAULT_URL
  process.stderr.write(`${tellFailure(error, { url, isSetBy: 'CLICKHOUSE_URL' })}\n`)
  process.exitCode = 1
}

async function chart({ recipe, parameters }: Question): Promise<string> {
  const { name } = recipe
  const { picture } = entryOf(name)
  if (picture === undefined) {
    return refuseArguments(USAGE, `${name} has no picture: its answer is a table`)
  }
  const rows = await ask(recipe, parameters)
  const { from, to } = parameters
  if (rows.length === 0) throw new Error(`there is no row: nothing lies from ${from} to ${to}`)
  return plotSvg(plotOf(recipe, picture, rows))
}

interface Question {
  readonly recipe: Recipe
  readonly parameters: Readonly<Record<'from' | 'to' | 'tz', string>>
}

function readQuestion(): Question {
  const { values, positionals } = readArguments(USAGE, {
    allowPositionals: true,
    options: {
      from: { type: 'string' },
      to: { type: 'string' },
      tz: { type: 'string', default: 'UTC' },
      set: { type: 'string', multiple: true, default: [] },
    },
  })
  const { from, to, tz } = values
  const recipe = readRecipes().find(({ name }) => name === positionals[0])
  if (recipe === undefined)
    return refuseArguments(
      USAGE,
      `which question: a name of docs/queries, got ${positionals[0] ?? 'none'}`,
    )
  if (from === undefined || to === undefined)
    return refuseArguments(USAGE, '--from and --to are missing')
  const own = values.set.map((text) => /^(\w+)=(.*)$/s.exec(text)?.slice(1) ?? [text, ''])
  const names = recipe.own.map(({ name }) => name)
  const unknown = own.find(([name = '']) => !names.includes(name))
  if (unknown !== undefined)
    refuseArguments(
      USAGE,
      `--set ${unknown[0]}: ${recipe.name} has ${names.join(', ') || 'nothing'} to set`,
    )
  return { recipe, parameters: { from, to, tz, ...examplesOf(recipe), ...Object.fromEntries(own) } }
}

/** @throws with what ClickHouse said, when it refuses. */
async function ask({ sql }: Recipe, parameters: Question['parameters']): Promise<readonly Row[]> {
  const {
    CLICKHOUSE_URL = DEFAULT_URL,
    CLICKHOUSE_USER = 'default',
    CLICKHOUSE_DATABASE = 'custom_events',
  } = process.env
  const { CLICKHOUSE_PASSWORD, CLICKHOUSE_PASSWORD_FILE: file } = process.env
  const password = CLICKHOUSE_PASSWORD || (file ? readFileSync(file, 'utf8').trim() : '')
  const url = new URL(CLICKHOUSE_URL)
  const settings = {
    database: CLICKHOUSE_DATABASE,
    default_format: 'JSONEachRow',
    output_format_json_quote_64bit_integers: '0',
    wait_end_of_query: '1',
  }
  for (const [name, value] of Object.entries(settings)) url.searchParams.set(name, value)
  for (const [name, value] of Object.entries(parameters))
    url.searchParams.set(`param_${name}`, escaped(value))
  const headers = { 'X-ClickHouse-User': CLICKHOUSE_USER, 'X-ClickHouse-Key': password }
  const answer = await fetch(url, {
    method: 'POST',
    body: sql,
    headers,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const text = await answer.text()
  if (!answer.ok) {
    const code = answer.headers.get('x-clickhouse-exception-code')
    const fix = code === AUTHENTICATION_FAILED ? `\n${WHICH_LOGIN}` : ''
    throw new Error(`ClickHouse answered ${answer.status}: ${text.trim()}${fix}`)
  }
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row) // as the format promises
}

/** ClickHouse reads a parameter as it reads a field of a file with tabs. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n')
}
