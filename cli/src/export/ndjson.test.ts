import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toNdjson } from './ndjson.ts'

const COLUMNS = [
  { name: 'id', kind: 'text' },
  { name: 'at', kind: 'time' },
  { name: 'properties', kind: 'json' },
] as const

async function lines(text: string, chunkBytes = 7): Promise<readonly string[]> {
  const bytes = Buffer.from(text)
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
  }
  let made = ''
  for await (const part of toNdjson(chunks(), COLUMNS)) made += String(part.bytes)
  return made.split('\n').filter(Boolean)
}

const row = (...values: readonly unknown[]): string => `${JSON.stringify(values)}\n`

test('properties go through byte for byte: whole numbers, spellings, order and blanks', async () => {
  const properties = '{"b":12345678901234567890, "a":1.0,"e":1E5,"u":"\\u00e9é 日本","b2":-0}'
  const [line] = await lines(row('é', '1700000000123', properties))
  assert.equal(line, `{"id":"é","at":"2023-11-14T22:13:20.123Z","properties":${properties}}`)
})

test('line ends between values do not end a line; what is no JSON goes as text', async () => {
  const [one, two] = await lines(row('1', null, '{\n"a":\r\n1}') + row('2', '0', '{"a":1'))
  assert.equal(one, '{"id":"1","at":null,"properties":{ "a":  1}}')
  assert.equal(two, `{"id":"2","at":"1970-01-01T00:00:00.000Z","properties_text":"{\\"a\\":1"}`)
})

for (const [what, text] of [
  ['in a row', `${row('1', '0', '{}')}["2","0`],
  ['between the columns', `${row('1', '0', '{}')}["2","0"]\n`],
  ['by the words of ClickHouse', `${row('1', '0', '{}')}Code: 241. DB::Exception: Memory\n`],
] as const) {
  test(`a result that ends ${what} is no export`, async () => {
    await assert.rejects(lines(text), /ends in the middle/)
  })
}
