import assert from 'node:assert/strict'
import { test } from 'node:test'
import { demandOf } from './demand.ts'
import { extractionsIn } from './extractions.ts'

const views = new Map([['event_e', new Map([['price', 'price'], ['a_b', 'a.b']])]]) // prettier-ignore

for (const [query, expected] of [
  ["SELECT JSONExtractString(properties, 'plan') FROM tracked", ['plan']],
  ["select jsonextractstring( t . properties , 'plan' )", ['plan']],
  ["SELECT JSONExtract(`t`.`properties`, 'plan', 'Nullable(String)')", ['plan']],
  ["SELECT JSONExtractFloat(\"properties\", 'it''s')", ["it's"]],
  [String.raw`SELECT JSONExtractRaw(properties, 'it\'s \\')`, ["it's \\"]],
  ["SELECT simpleJSONExtractInt(properties, 'n'), visitParamHas(properties, 'm')", ['n', 'm']],
  [
    "SELECT JSON_VALUE(properties, '$.plan'), JSON_QUERY(properties, '$.\"a b\"[0]')",
    ['plan', 'a b'],
  ],
  ["SELECT JSONExtractString(properties, 'a', 'b'), JSONHas(properties, 'a')", ['a']],
  ['SELECT sum(price), max(`a_b`) FROM custom_events.event_e', ['price', 'a.b']],
  ['SELECT sum(price) FROM tracked', []],
  ["SELECT 'price' FROM event_e", []],
  ["SELECT JSONExtractString(context, 'ip')", []],
  ['SELECT JSONExtractRaw(properties, {property:String})', []],
  ['SELECT count() FROM tracked', []],
] as const) {
  test(`${query} reads ${expected.join(', ') || 'nothing'}`, () => {
    assert.deepEqual([...extractionsIn(query, views)], expected)
  })
}

test('a long query that looks like one for ever is read in time', () => {
  const query = `SELECT ${"JSONExtractString(a.b.c.properties, 'x".repeat(3_000)}`
  const startedAt = performance.now()
  extractionsIn(`${query}${'`"'.repeat(20_000)}`, views)
  assert.ok(performance.now() - startedAt < 1_000)
})

test('the seconds of a query are divided among what it reads', () => {
  const asked = [
    { query: "JSONExtractString(properties, 'a') JSONExtractString(properties, 'b')", queries: 2, seconds: 8, rows: 10 },
    { query: "JSONExtractString(properties, 'b')", queries: 1, seconds: 1, rows: 5 },
  ] // prettier-ignore
  assert.deepEqual(demandOf(asked, views), [
    { property: 'b', queries: 3, seconds: 5, rows: 15 },
    { property: 'a', queries: 2, seconds: 4, rows: 10 },
  ])
})
