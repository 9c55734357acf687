import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventText, startTestIngest } from '../testing/test-support.ts'

const EVENT = eventText()

/** More faults of every kind than a scan of the whole body tells of. */
const JUNK = `[${'{"a":1,"a":1,"b":1e999,"c":"\\ud800"},'.repeat(30)}${'['.repeat(40)}${']'.repeat(40)}]`

test('junk beside the list hides nothing of the context that every event is given', async () => {
  await using ingest = await startTestIngest()
  const contexts = [
    ['{"b":1,"b":2}', 'duplicate_key'],
    ['{"b":"\\ud800"}', 'invalid_unicode'],
    ['{"b":1e999}', 'number_out_of_range'],
    [`{"b":${'['.repeat(60)}${']'.repeat(60)}}`, 'too_deep'],
    [keys('k', 1_001), 'too_many_properties'],
  ] as const
  for (const [context, code] of contexts) {
    for (const junk of ['', `"junk":${JUNK},`]) {
      const { body } = await ingest.post(`{${junk}"context":${context},"batch":[${EVENT}]}`)
      assert.equal(
        body.results[0]?.errors[0].code,
        code,
        `${junk.slice(0, 9)} ${context.slice(0, 20)}`,
      )
    }
  }
  const { body } = await ingest.post(`{"junk":${JUNK},"batch":[${EVENT}]}`)
  assert.equal(body.accepted, 1, 'what is beside the list, and no context, is nobody’s')
})

test('white space that is none of JSON makes nothing empty', async () => {
  await using ingest = await startTestIngest()
  const headers = { 'content-type': 'application/x-ndjson' }
  for (const space of ['\u00a0', '\ufeff', '\u2028', '\u3000', '\v', '\f', ' \u00a0\t']) {
    const { body } = await ingest.post(`${EVENT}\n${space}\n \t\r\n${EVENT}`, { headers })
    assert.deepEqual(
      [body.received, body.accepted, body.rejected],
      [3, 2, 1],
      JSON.stringify(space),
    )
    assert.equal(body.results[1].errors[0].code, 'invalid_json', JSON.stringify(space))
    assert.equal((await ingest.post(` ${space}${space} `)).body.code, 'invalid_json')
  }
  for (const empty of ['', ' \t\r\n', '\ufeff', '\ufeff \n']) {
    assert.equal((await ingest.post(empty)).body.code, 'empty_body')
    assert.equal((await ingest.post(empty, { headers })).body.code, 'empty_body')
  }
})

test('a list that is there twice is refused, whatever else is', async () => {
  await using ingest = await startTestIngest()
  for (const junk of ['', `"junk":${JUNK},`]) {
    const { body } = await ingest.post(`{${junk}"batch":[${EVENT}],"batch":[${EVENT}]}`)
    assert.equal(body.code, 'invalid_envelope')
  }
  assert.equal(ingest.events().length, 0)
})

test('the context of the list and that of an event count together', async () => {
  await using ingest = await startTestIngest()
  const own = eventText({ context: JSON.parse(keys('own', 600)) })
  const { body } = await ingest.post(`{"context":${keys('all', 600)},"batch":[${own},${EVENT}]}`)
  assert.deepEqual([body.accepted, body.rejected], [1, 1])
  assert.equal(body.results[0].errors[0].code, 'too_many_properties')
})

test('an event with tens of thousands of keys is rejected unread, and harms no neighbour', async () => {
  await using ingest = await startTestIngest()
  const large = keys('k', 20_000)
  const lines = { headers: { 'content-type': 'application/x-ndjson' } }
  const bodies = [
    [`[${EVENT},${large},${EVENT}]`, '/1', {}],
    [`{"batch":[${EVENT},${large},${EVENT}]}`, '/batch/1', {}],
    [`{"context":{},"batch":[${EVENT},${large},{"a":NaN},${EVENT}]}`, '/batch/1', {}],
    [`${EVENT}\n${large}\n${EVENT}`, '/1', lines],
  ] as const
  for (const [text, pointer, options] of bodies) {
    const { body } = await ingest.post(text, options)
    assert.equal(body.accepted, 2, text.slice(0, 40))
    const { errors } = body.results[1]
    assert.deepEqual([errors[0].code, errors[0].pointer], ['too_many_properties', pointer])
  }
  const alone = await ingest.post(large)
  assert.deepEqual([alone.status, alone.body.code], [400, 'validation_failed'])
  assert.equal(alone.body.results[0].errors[0].code, 'too_many_properties')
  assert.equal(ingest.rejectedEvents().length, 6)
  assert.ok(
    ingest.rejectedEvents().every(({ raw }) => large.startsWith(raw) || raw === '{"a":NaN}'),
  )
})

test('what is no JSON is said to be none, with its line, however many colons it has', async () => {
  await using ingest = await startTestIngest()
  const lines = Array.from({ length: 4_000 }, (_, n) => `{"a":1,"b":${n}}`).join('\n')
  const large = keys('k', 4_000)
  const table = [
    [lines, 'line 2, column 1'],
    [`{batch:[${EVENT}],x:${large}}`, 'line 1, column 2'],
    [`[${EVENT},${large}`, 'line 1'],
    [`[\n${large},\nx]`, 'line 3, column 1'],
    [`${large} ${large}`, 'line 1'],
    [':'.repeat(20_000), 'line 1, column 1'],
  ] as const
  for (const [text, where] of table) {
    const { status, body } = await ingest.post(text)
    assert.deepEqual([status, body.code], [400, 'invalid_json'], text.slice(0, 30))
    assert.ok(body.detail.startsWith(where), `${body.detail}: ${where}`)
  }
  assert.equal(ingest.rejectedEvents().length, 0)
})

test('tens of thousands of keys beside the list refuse the request, and say so', async () => {
  await using ingest = await startTestIngest()
  const { body } = await ingest.post(`{"batch":[${EVENT}],"context":${keys('k', 4_000)}}`)
  assert.equal(body.code, 'invalid_envelope')
  assert.match(body.detail, /beside the list/)
})

function keys(name: string, count: number): string {
  return `{${Array.from({ length: count }, (_, key) => `"${name}${key}":0`).join()}}`
}
