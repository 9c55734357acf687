import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { startTestIngest } from '../testing/test-support.ts'

/** Rows of the table of docs/producers.md that begins with this heading, as cells. */
function tableAfter(heading: string): readonly (readonly string[])[] {
  const page = readFileSync(new URL('../../../../docs/producers.md', import.meta.url), 'utf8')
  const lines = page.slice(page.indexOf(`| ${heading} `)).split('\n')
  const end = lines.findIndex((line) => !line.startsWith('|'))
  return lines.slice(2, end).map((line) => {
    const cells = line.split(' | ')
    return cells.map((cell) => cell.replace(/^\| | *\|?$/g, '').trim())
  })
}

/** Texts in backticks. */
const codesIn = (cell = ''): readonly string[] =>
  [...cell.matchAll(/`([^`]*)`/g)].map(([, code]) => code ?? '')

const SOUND = {
  event: '"x"',
  group_id: '"account_1"',
  user_id: '"user_1"',
  timestamp: '"2023-11-03T10:15:20.123Z"',
}

/** The sound event with this field in place of its own. */
function eventWith(field: string): string {
  const name = /^"(\w+)":/.exec(field)?.[1]
  const others = Object.entries(SOUND).filter(([key]) => key !== name)
  return `{${[...others.map(([key, text]) => `"${key}":${text}`), field].join()}}`
}

test('docs/producers.md tells what becomes of a bad field', async () => {
  const rows = tableAfter('in an event you send')
  assert.ok(rows.length > 20)
  await using ingest = await startTestIngest()
  for (const [sent, answer = '', stored] of rows) {
    const before = ingest.events().length
    const [field = ''] = codesIn(sent)
    const { status, body } = await ingest.post(eventWith(field))
    const [code] = codesIn(answer)
    const event = ingest.events()[before]
    if (answer.startsWith('rejected')) {
      assert.deepEqual([status, body.results[0]?.errors?.[0]?.code], [400, code], field)
      assert.deepEqual([stored, event], ['nothing', undefined], field)
      continue
    }
    assert.equal(status, 200, `${field}: ${body.message}`)
    assert.equal(body.results[0].warnings?.[0]?.code, code, field)
    assert.ok(event !== undefined)
    const row = { ...event, timestamp: new Date(event.timestamp).toISOString() }
    const [column = '', value] = codesIn(stored)
    assert.deepEqual(
      Object.entries(row).find(([name]) => name === column),
      [column, value],
      field,
    )
  }
})

test('docs/producers.md tells what becomes of a body that is no event', async () => {
  await using ingest = await startTestIngest()
  const rows = tableAfter('a body')
  assert.ok(rows.length > 4)
  for (const [sent, answer] of rows) {
    const [text = ''] = codesIn(sent)
    const { status, body } = await ingest.post(text)
    assert.equal(`${status} \`${body.code}\``, answer, text)
  }
})
