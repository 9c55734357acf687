import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventText, startTestIngest } from '../testing/test-support.ts'

const withFields = (fields: string): string => `${eventText().slice(0, -1)},${fields}}`

test('an answer is never much larger than its request, however long the keys with problems are', async () => {
  await using ingest = await startTestIngest()
  const twice = '"a":1,'.repeat(30)
  const table = [
    [withFields(`"${'k'.repeat(4_000_000)}":{${twice}"b":["\\ud800",1e999,9007199254740993]}`)],
    Array.from({ length: 20 }, () => {
      return withFields(`"properties":{"${'k'.repeat(200_000)}":{${twice}"b":1}}`)
    }),
  ]
  for (const events of table) {
    const answer = await ingest.post(`[${events.join()}]`)
    assert.equal(answer.status, 400)
    assert.ok(Number(answer.headers.get('content-length')) < 500_000)
  }
})

test('the context beside a list may not become gigabytes in its events', async () => {
  await using ingest = await startTestIngest({ limits: { maxRepeatedContextBytes: 10_000 } })
  const batch = (chars: number, count: number): string =>
    `{"context":{"x":"${'c'.repeat(chars)}"},"batch":[${Array(count).fill(eventText()).join()}]}`
  const accepted = await ingest.post(batch(900, 10))
  assert.deepEqual([accepted.status, accepted.body.accepted], [200, 10])
  const refused = await ingest.post(batch(1_000, 10))
  assert.deepEqual([refused.status, refused.body.code], [413, 'body_too_large'])
  assert.equal(ingest.events().length, 10)
})

test('what is wrong deep inside the context beside a list is wrong, also when it cannot be named', async () => {
  await using ingest = await startTestIngest()
  const context = `{"${'k'.repeat(600)}":"\\ud800"}`
  const answer = await ingest.post(`{"context":${context},"batch":[${eventText()}]}`)
  assert.equal(answer.status, 400)
  const [{ code, pointer }] = answer.body.results[0].errors
  assert.deepEqual([code, pointer], ['invalid_unicode', '/context'])
})

test('millions of lines are refused without reading them, and line numbers count the empty ones', async () => {
  await using ingest = await startTestIngest()
  const headers = { 'content-type': 'application/x-ndjson' }
  const many = await ingest.post('0\n'.repeat(2_000_000), { headers })
  assert.deepEqual([many.status, many.body.code], [413, 'too_many_events'])
  const empty = await ingest.post('\r\n'.repeat(2_000_000), { headers })
  assert.deepEqual([empty.status, empty.body.code], [400, 'empty_body'])
  const wrong = await ingest.post(`${eventText()}\n\n\n{`, { headers })
  assert.match(wrong.body.results[1].errors[0].detail, /^line 4, /)
})
