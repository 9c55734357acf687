import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTimestamp } from '../normalise/timestamp.ts'
import { eventText, judgeText } from '../testing/test-support.ts'

const MILLIONS = 4_000_000

/** What is quadratic in the length needs hours for these; a busy machine still needs no 20 s. */
const LIMIT_MS = 20_000

function within(what: string, work: () => void): void {
  const startedAt = performance.now()
  work()
  const ms = performance.now() - startedAt
  assert.ok(ms < LIMIT_MS, `${what} took ${ms} ms`)
}

test('no timestamp, however long, costs more than its length', () => {
  for (const text of ['2', '2023-11-03T', ' ', '-', '2023-11-03T10:15:20.1', '+00:00']) {
    const long = text.repeat(MILLIONS / text.length)
    within(text, () => assert.equal(parseTimestamp(long), null))
    within(text, () => assert.equal(parseTimestamp(`2023-11-03T10:15:20.${long}`), null))
  }
})

test('no id and no name, however long, costs more than its length, and none is shown whole', () => {
  const texts = ['a', ' ', '\u0000', '00000000-0000-7000-8000-', 'é', '[object ', '\\', '"']
  for (const text of texts) {
    const long = text.repeat(MILLIONS / 4 / text.length)
    for (const name of ['event', 'group_id', 'user_id', 'event_id', 'type', 'sent_at']) {
      within(`${name} of ${text}`, () => {
        const verdict = judgeText(eventText({ [name]: long }))
        assert.ok(
          JSON.stringify(verdict.status === 'rejected' ? verdict.problems : []).length < 2_000,
        )
      })
    }
  }
})

test('a number of millions of digits costs no more than a string of that length', () => {
  const judge = (value: string) =>
    judgeText(eventText().replace(/}$/, `,"properties":{"v":${value}}}`))
  const asText = fastestMs(() => judge(`"${'9'.repeat(MILLIONS)}"`))
  for (const digits of ['9'.repeat(MILLIONS), `-${'9'.repeat(MILLIONS)}`]) {
    const verdict = judge(digits)
    assert.equal(verdict.status === 'rejected' && verdict.problems[0]?.code, 'number_out_of_range')
    const asNumber = fastestMs(() => judge(digits))
    assert.ok(asNumber < 5 * asText + 50, `${asNumber} ms, as a string ${asText} ms`)
  }
})

/** Of five: what else the machine does must not count. */
function fastestMs(work: () => unknown): number {
  const times = [1, 2, 3, 4, 5].map(() => {
    const startedAt = performance.now()
    work()
    return performance.now() - startedAt
  })
  return Math.min(...times)
}

test('a key as long as the body is not repeated for every problem under it', () => {
  const inside = '"a":1,'.repeat(30)
  const key = 'k'.repeat(MILLIONS)
  const verdict = judgeText(eventText().replace(/}$/, `,"${key}":{${inside}"b":["\\ud800"]}}`))
  assert.equal(verdict.status, 'rejected')
  assert.ok(JSON.stringify(verdict).length < 40_000)
})
