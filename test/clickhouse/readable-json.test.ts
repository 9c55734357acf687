// Functions of JSON read nothing of a text that they cannot parse, and say nothing: hot columns, typed views and the catalogue
// would miss an event without a trace. So whatever ingest accepts can be read.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { judgeText } from '../../packages/event/src/testing/test-support.ts'
import { createClickHouse, type ClickHouse } from '@custom-events/clickhouse'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'

let stack: Servers
let clickhouse: ClickHouse
before(async () => {
  stack = await servers()
  clickhouse = createClickHouse({ ...stack.environment, CLICKHOUSE_DATABASE: 'default' })
})
after(async () => {
  await clickhouse[Symbol.asyncDispose]()
  await stack[Symbol.asyncDispose]()
})

/** The `properties` that ingest stores for an event with this value in them; `null`: it refuses the event. */
function accepted(value: string): string | null {
  const properties = `{"before":1,"value":${value},"after":{"list":[${value}]}}`
  const text = `{"event":"e","group_id":"g","user_id":"u","timestamp":"2023-11-03T10:15:20.123Z","properties":${properties}}`
  const judged = judgeText(text)
  return judged.status === 'accepted' ? judged.event.properties : null
}

async function unreadable(texts: readonly string[]): Promise<readonly string[]> {
  if (texts.length === 0) return []
  const list = texts.map((text) => `unhex('${Buffer.from(text).toString('hex')}')`).join(', ')
  const rows = await clickhouse.query<{ text: string }>(
    `SELECT arrayJoin([${list}]) AS text
     WHERE NOT isValidJSON(text) OR JSONExtractRaw(text, 'before') != '1' OR JSONExtractRaw(text, 'after', 'list') = ''`,
  )
  return rows.map(({ text }) => text)
}

const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

const READABLE = `18446744073709551615 -9223372036854775808 1e308 -0 -0.0 0e999 1e-999 1E+5 111111111111111111111111111111.5
  111111111111111111111e5 0.${'1'.repeat(1_000)} "\\u0000" "\\ud83d\\ude00" "\\uffff" "\\/" "\\u2028" "" {} [null] ${deep(25)}`
const UNREADABLE = `18446744073709551616 -9223372036854775809 ${'1'.repeat(400)} 1e309 -1e309 "\\ud83d" "\\udc00x" {"\\ud83d":1} ${deep(1_100)}`

test('what ClickHouse cannot read of JSON ingest refuses, and it reads what ingest accepts', async () => {
  const texts = READABLE.split(/\s+/).map((value) => accepted(value) ?? `refused: ${value}`)
  assert.deepEqual(await unreadable(texts), [])
  for (const value of UNREADABLE.split(/\s+/)) {
    assert.equal(accepted(value), null, value)
    const sent = `{"before":1,"value":${value},"after":{"list":[]}}`
    assert.deepEqual(await unreadable([sent]), [sent])
  }
})

const digits = fc.stringMatching(/^(0|[1-9][0-9]{0,24})$/)
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits,
    fc.constantFrom('', '.0', '.5', '.000000000000000000001'),
  )
  .chain(([sign, whole, fraction]) =>
    fc
      .constantFrom('', 'e0', 'E+300', 'e-300', 'e320')
      .map((power) => sign + whole + fraction + power),
  )
const escaped = fc
  .array(
    fc.constantFrom(
      'a',
      'é',
      '\\u0000',
      '\\ud800',
      '\\udc00',
      '\\ud83d\\ude00',
      '\\uFEFF',
      '\\n',
      '\u007f',
      '\u2028',
    ),
  )
  .map((parts) => `"${parts.join('')}"`)

test('of random numbers and texts ClickHouse reads each that ingest accepts', async () => {
  const values = fc.oneof(number, escaped, fc.json({ maxDepth: 2 }))
  await fc.assert(
    fc.asyncProperty(fc.array(values, { minLength: 100, maxLength: 100 }), async (sent) => {
      const texts = sent.map(accepted).filter((text) => text !== null)
      assert.deepEqual(await unreadable(texts), [])
    }),
    { numRuns: 20 },
  )
})
