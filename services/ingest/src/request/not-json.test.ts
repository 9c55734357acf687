import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestIngest, eventText } from '../testing/test-support.ts'

const TEXT = eventText()
const BASE64 = Buffer.from(TEXT).toString('base64')

test('whoever sends something else than JSON is told what it is, and what to do', async () => {
  await using ingest = await startTestIngest()
  for (const [body, code, detail] of [
    [Buffer.from(`\ufeff${TEXT}`, 'utf16le'), 'invalid_utf8', /like UTF-16: send UTF-8$/],
    [Buffer.from(TEXT, 'utf16le'), 'invalid_json', /like UTF-16: send UTF-8$/],
    [Buffer.from(TEXT, 'utf16le').swap16(), 'invalid_json', /like UTF-16: send UTF-8$/],
    ['[object Object]', 'invalid_json', /what JSON\.stringify gives$/],
    ["[{'event': 'a', 'group_id': 'g'}]", 'invalid_json', /what json\.dumps/],
    [TEXT.replaceAll('"', '\u201d'), 'invalid_json', /typographic quotes/],
    [BASE64, 'invalid_json', /JSON in base64: send the JSON itself$/],
    [`data=${encodeURIComponent(TEXT)}`, 'invalid_json', /a form: send the JSON itself/],
    [`payload[]=${BASE64}`, 'invalid_json', /a form/],
    ['<event/>', 'invalid_json', /XML or HTML/],
    [JSON.stringify(TEXT), 'invalid_envelope', /a string that holds JSON: it was encoded twice$/],
    [`${TEXT}\n${TEXT}`, 'invalid_json', /expected the end of the body; .*application\/x-ndjson$/],
    [`${TEXT}${TEXT}`, 'invalid_json', /expected the end of the body; .*a list/],
    [`${TEXT},`, 'invalid_json', /column \d+: expected the end of the body$/],
    ['{"event":}', 'invalid_json', /^line 1, column 10: expected a value$/],
  ] as const) {
    const answer = await ingest.post(body)
    assert.deepEqual([answer.status, answer.body.code], [400, code], String(body))
    assert.match(answer.body.detail, detail)
  }
})

test('what Content-Encoding says is named when we do not read it', async () => {
  await using ingest = await startTestIngest()
  for (const [encoding, detail] of [
    ['utf-8', /got "utf-8": the charset stands in Content-Type$/],
    ['none', /got "none"$/],
    ['gzip, gzip', /got "gzip, gzip"$/],
    ['x'.repeat(500), /got "x{40}…"$/],
  ] as const) {
    const answer = await ingest.post(TEXT, { headers: { 'content-encoding': encoding } })
    assert.deepEqual([answer.status, answer.body.code], [415, 'unsupported_encoding'])
    assert.match(answer.body.detail, detail)
  }
})
