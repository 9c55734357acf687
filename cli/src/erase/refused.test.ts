import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createErasedIds, erasedIdOf, erasedKey } from '@custom-events/event'
import { conditionsOf, findLetters, findRejected } from './refused.ts'

const id = erasedIdOf('user', 'gone')
const ids = createErasedIds()
const spans = [{ timestampBefore: null, receivedBefore: null }]
ids.set(erasedKey(id), { ...id, spans, erasureId: '', askedBy: '', askedAt: 0 })

/** A table whose rows differ by their version only, and how many questions it was asked. */
function tableOf(rows: readonly { readonly row_version: string }[]) {
  const asked: unknown[] = []
  const query = async <Row>(_sql: string, params: Readonly<Record<string, unknown>> = {}) => {
    asked.push(params)
    const after = Number(params['version'])
    const page = rows.filter(({ row_version: version }) => Number(version) > after)
    return page.slice(0, Number(params['limit'])) as Row[]
  }
  return { asked, clickhouse: { query } }
}

/** Of every third row it is theirs. */
const isTheirs = (place: number): boolean => place % 3 === 0
const placesOf = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const theirs = (count: number) =>
  placesOf(count)
    .filter(isTheirs)
    .map((place) => ({ partition: 1, version: String(place) }))

test('rejects and dead letters are read to their end, each page once', async () => {
  // A last page that is full, one that is not, and none at all.
  for (const count of [0, 2_000, 2_500]) {
    const rejected = tableOf(
      placesOf(count).map((place) => ({
        code: 'c',
        received_ms: '5',
        request_id: 'r',
        place: 0,
        row_version: String(place),
        kafka_partition: 1,
        user_id: isTheirs(place) ? 'gone' : 'here',
        group_id: 'g',
        raw: '{}',
        beside: null,
      })),
    )
    assert.deepEqual(await findRejected(rejected.clickhouse, ids, null), theirs(count))
    assert.equal(rejected.asked.length, Math.floor(count / 1_000) + 1)
  }
  const hex = (text: string): string => Buffer.from(text).toString('hex')
  const letters = tableOf(
    placesOf(250).map((place) => ({
      source_topic: 't',
      source_log: 'l',
      source_partition: 0,
      source_offset: '7',
      row_version: String(place),
      kafka_partition: 1,
      set_aside_ms: '5',
      key_hex: null,
      value_hex: hex(`{"user_id":"${isTheirs(place) ? 'gone' : 'here'}"}`),
    })),
  )
  assert.deepEqual(await findLetters(letters.clickhouse, ids, null), theirs(250))
  assert.equal(letters.asked.length, 3)
  assert.deepEqual(letters.asked[1], {
    topic: 't',
    log: 'l',
    partition: 0,
    offset: '7',
    version: '100',
    beforeMs: null,
    limit: 100,
  })
})

test('a statement names a thousand rows at most', () => {
  assert.deepEqual(
    conditionsOf(theirs(7_500)).map((condition) => condition.split('), (').length),
    [1_000, 1_000, 500],
  )
})
