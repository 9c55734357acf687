// Nothing that one account asks shows a row of another, or tells whether there is one.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { attempts } from './attempts.ts'
import {
  CANARY,
  FOREIGN,
  FOREIGN_ROWS,
  openWorld,
  OWN_ROWS,
  type Answer,
  type World,
} from './world.ts'

let world: World
before(async () => {
  world = await openWorld()
})
after(() => world[Symbol.asyncDispose]())

/** As long as the other account's name, and nobody's. */
const NOBODY = 'q'.repeat(Buffer.byteLength(FOREIGN))

function hex(text: string): string {
  return Buffer.from(text).toString('hex')
}

async function ask(
  sql: string,
  them: string,
  search: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const answer = await world.ask(
    'own',
    sql.replaceAll('THEM', () => `unhex('${hex(them)}')`),
    search,
  )
  return {
    ...answer,
    text: spellings(them).reduce((text, each) => text.replaceAll(each, 'THEM'), answer.text),
  }
}

/** A name as the statement spells it, and as ClickHouse quotes a constant of the statement, once or several times. */
function spellings(them: string): readonly string[] {
  const quote = (text: string): string => text.replaceAll(/[\\']/g, String.raw`\$&`)
  return [hex(them), quote(quote(quote(them))), quote(quote(them)), quote(them)]
}

/** Questions that are answered with the definitions of views. */
const VIEWS = /(?:system|information_schema)\.tables/i

/** The name of the other account, in any form that a format gives it. */
function shows({ text, headers }: Answer, sql: string): boolean {
  // Views are named after events of all accounts, if setup came after them, and say so: that much is known of others (ADR 0045).
  const known = VIEWS.test(sql) ? `${CANARY} event` : `event_${CANARY}_event`
  const all = `${text}\n${JSON.stringify([...headers])}`
    .replaceAll(`event_${CANARY}_event`, '')
    .replaceAll(known, '')
  return [
    CANARY,
    hex(CANARY),
    hex(CANARY).toUpperCase(),
    Buffer.from(CANARY).toString('base64').slice(0, 10),
  ].some((form) => all.includes(form))
}

/** Numbers of rows that only the other account's can make. */
const COUNTS = [
  FOREIGN_ROWS,
  2 * FOREIGN_ROWS,
  FOREIGN_ROWS + OWN_ROWS,
  2 * (FOREIGN_ROWS + OWN_ROWS),
]
const TELLING = new RegExp(String.raw`(?<![\w.])(?:${COUNTS.join('|')})(?![\w.])`)

/** Code of ClickHouse; 0: it answered. Refused within an answer that had begun, it stands in its text. */
function codeOf({ status, text, headers }: Answer): number {
  const code = headers.get('x-clickhouse-exception-code') ?? /Code: (\d+)\. DB::/.exec(text)?.[1]
  return code === undefined ? (status === 200 ? 0 : -1) : Number(code)
}

/** ACCESS_DENIED, READONLY, and beyond the limits of a role. */
const REFUSED = [497, 164, 452]
const UNKNOWN_TABLE = 60
/** Some are of statements that this release does not have; a mistake of ours would be in dozens. */
const SYNTAX_ERROR = 62

function histogram(codes: ReadonlyMap<number, readonly string[]>): string {
  const counts = [...codes].toSorted(([a], [b]) => a - b)
  return counts.map(([code, { length }]) => `${code}: ${length}`).join(', ')
}

/** What differs between two answers to one statement. */
function stable(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID')
    .replaceAll(/"elapsed": [\d.e-]+/g, '')
    .replaceAll(/\d+\.\d+ seconds|elapsed \d+/g, '')
}

/** Whether the statement says anything of them, so that the answer could tell whether they exist. */
const isOracle = (sql: string): boolean => sql.includes('THEM')

/** Their own numbers are in them. */
const FULL_OF_NUMBERS = /system\.(?:settings|functions)|'\^(?:settings|functions)\$'/

test('no attempt shows a row of another account', { timeout: 300_000 }, async () => {
  const all = attempts()
  const seen: string[] = []
  const codes = new Map<number, string[]>()
  for (const { sql, search } of all) {
    const answer = await ask(sql, FOREIGN, search)
    const code = codeOf(answer)
    if (code !== 0) codes.set(code, [...(codes.get(code) ?? []), sql])
    if (shows(answer, sql)) seen.push(`shows: ${sql}\n    ${answer.text.slice(0, 300)}`)
    if (TELLING.test(answer.text) && !FULL_OF_NUMBERS.test(sql))
      seen.push(`counts: ${sql}\n    ${answer.text.slice(0, 300)}`)
    if (!isOracle(sql)) continue
    const ofNobody = await ask(sql, NOBODY, search)
    if (stable(answer.text) !== stable(ofNobody.text) || answer.status !== ofNobody.status) {
      seen.push(
        `tells: ${sql}\n    ${answer.text.slice(0, 200)}\n    ${ofNobody.text.slice(0, 200)}`,
      )
    }
  }
  process.stdout.write(
    `${all.length} attempts, refused: ${histogram(codes)}, ${seen.length} saw something\n`,
  )
  assert.ok(all.length >= 1_000, `${all.length} attempts`)
  const refused = REFUSED.reduce((sum, code) => sum + (codes.get(code)?.length ?? 0), 0)
  assert.ok(refused >= all.length / 4, `${refused} of ${all.length} were refused for their rights`)
  const misspelt = codes.get(SYNTAX_ERROR) ?? []
  assert.ok(misspelt.length <= all.length / 50, misspelt.join('\n'))
  assert.deepEqual(seen, [])
})

/** What the front refuses by its text, in spellings that only the engine was known to read. */
const SPELT = [
  'SET//\nROLE full',
  "SELECT ‘'’; SET ROLE full; SELECT * FROM keys.seal_keys --'",
  "SELECT // '\n1; SET//\nROLE full; SELECT * FROM keys.seal_keys //'",
  '//\nEXPLAIN ESTIMATE SELECT * FROM events',
  'SHOW//\nGRANTS FOR setup',
  String.raw`SELECT "default\NRoles"()`,
  String.raw`SELECT "_par\Nt_offset", "\x6Zpart_offset" FROM events`,
  String.raw`SELECT * FROM "mergeTree\NIndex"(custom_events, events)`,
  String.raw`SELECT 1 SETTINGS "max_execution_tim\Ne" = 0`,
  'SELECT * FROM events SETTINGS asterisk_include_virtual_columns = 1',
  "SET param_c = x'5f706172745f6f6666736574'",
  'SELECT * FROM events FORMAT JSONEachRowWithProgress',
  '\u00a0SELECT * FROM events FORMAT\u00a0JSONEachRowWithProgress',
  "SELECT 1 AS 1_e--'\n; SHOW GRANTS --'",
  "SELECT 1 AS 0xp--'\n; EXPLAIN ESTIMATE SELECT * FROM events --'",
  "SELECT 1 FROM events WHERE throwIf(_partition_id = '202501')",
  'SELECT dumpColumnStructure(event) FROM events',
  'SELECT event FROM events FORMAT ArrowStream SETTINGS output_format_arrow_low_cardinality_as_dictionary = 1',
  'EXPLAIN query = DEFAULT, indexes = 1 SELECT * FROM events',
] as const

test('what is refused is refused however it is spelt, and a session keeps its role', async () => {
  const session = { session_id: 'spelt' }
  const asFirst = await world.ask('own', 'SELECT currentRoles()', session)
  for (const sql of SPELT) {
    for (const search of [{}, session]) {
      const answer = await world.ask('own', sql, search)
      assert.ok([...REFUSED, SYNTAX_ERROR].includes(codeOf(answer)), `${sql}: ${answer.text}`)
    }
  }
  assert.equal((await world.ask('own', 'SELECT currentRoles()', session)).text, asFirst.text)
  const address = { ...session, asterisk_include_virtual_columns: '1' }
  assert.ok(REFUSED.includes(codeOf(await world.ask('own', 'SELECT * FROM events', address))))
})

/** Each fails on what the row policy hides; the first two quote the value itself. */
const FAIL_ON_HIDDEN = [
  "SELECT base64Decode(replaceRegexpOne(event, '^(own event|feature_used)?$', 'YQ==')) FROM events FORMAT Null",
  "SELECT base58Decode(replaceRegexpOne(event, '^(own event|feature_used)?$', 'a')) FROM events FORMAT Null",
  'SELECT count() FROM events WHERE toDateTime64(timestamp + 7451000000, 9) > 0',
  'SELECT count() FROM events SETTINGS max_rows_to_read = 1',
] as const

test('an error quotes no value of others, and no number of rows', async () => {
  for (const sql of FAIL_ON_HIDDEN) {
    const { status, text } = await world.ask('own', sql)
    assert.notEqual(status, 200, sql)
    assert.match(text, /^Code: \d+\. DB::Exception: What it says is kept from logins of accounts/)
    assert.doesNotMatch(text.replace(/^Code: \d+/, ''), new RegExp(`${CANARY}|\\d`), sql)
  }
})

test('no function names the roles of others, however it is called', async () => {
  const structure = "concat('a UInt8, b Array(String) ALIAS de', 'faultRoles()')"
  const { text } = await world.ask('own', `SELECT b FROM generateRandom(${structure}) LIMIT 1`)
  const { text: own } = await world.ask('own', 'SELECT currentRoles()')
  assert.equal(text, own)
})

/** One of four of each kind, and each table: a reader is given all rows, which takes longest. */
const ofEachKind = ({ sql }: { readonly sql: string }, index: number): boolean =>
  index % 4 === 0 || sql.startsWith('SELECT * FROM ')

test(
  'a reader finds something by these attempts, so none is blind',
  { timeout: 300_000 },
  async () => {
    const all = attempts().filter(ofEachKind)
    const codes = new Map<number, string[]>()
    let found = 0
    for (const { sql, search } of all) {
      const asked = sql.replaceAll('THEM', () => `unhex('${hex(FOREIGN)}')`)
      const answer = await world.ask('reader', asked, search)
      const code = codeOf(answer)
      if (code !== 0) codes.set(code, [...(codes.get(code) ?? []), sql])
      if (shows(answer, sql) || TELLING.test(answer.text)) found += 1
    }
    process.stdout.write(
      `${all.length} attempts, ${found} found something, refused: ${histogram(codes)}\n`,
    )
    assert.ok(found >= all.length / 4, `${found} of ${all.length} attempts found something`)
    const unknown = (codes.get(UNKNOWN_TABLE) ?? []).filter((sql) => !sql.includes('FROM system.'))
    assert.deepEqual(unknown, [], 'tables of ours by names that are none')
  },
)

test('a reader sees all accounts, so that the attempts have something to find', async () => {
  const { text } = await world.ask('reader', 'SELECT count(), uniqExact(group_id) FROM tracked')
  assert.equal(text, `${OWN_ROWS + FOREIGN_ROWS}\t2\n`)
})
