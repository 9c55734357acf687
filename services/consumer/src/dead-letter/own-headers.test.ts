import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HEADERS, toDeadLetter } from './dead-letter.ts'
import { isOurs, keptHeaders, restoredHeaders } from './own-headers.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

/** What a tool leaves behind that copies dead letters back to the topic, headers and all. */
const GOVERNING = Object.fromEntries(
  Object.values(HEADERS).map((name) => [name, bytes('as the record said')]),
)

test('what a record says under our names is kept, and says nothing about its dead letter', () => {
  const record = {
    partition: 1,
    offset: 7,
    timestampMs: 0,
    key: null,
    value: bytes('x'),
    headers: { ...GOVERNING, 'custom-events.unheard-of': bytes('too'), trace: bytes('abc') },
  }
  const refusal = { stage: 'decode', code: 'no_magic_byte', message: 'no magic' } as const
  const { headers = {} } = toDeadLetter(
    { log: { clusterId: 'c', topic: 't', topicId: '1' }, record, refusal },
    { topic: 'd', partitions: 3 },
  )
  assert.equal(headers[HEADERS.resolution], undefined)
  assert.equal(headers[HEADERS.resolvedAt], undefined)
  assert.equal(headers[HEADERS.shortened], undefined)
  assert.equal(headers[HEADERS.deadLetteredAt], undefined)
  assert.equal(headers['custom-events.unheard-of'], undefined)
  assert.deepEqual(
    [headers[HEADERS.topic], headers[HEADERS.partition], headers[HEADERS.offset]],
    ['t', '1', '7'],
  )
  assert.deepEqual([headers[HEADERS.code], headers['trace']], ['no_magic_byte', bytes('abc')])
  assert.deepEqual(
    headers[`custom-events.source.${HEADERS.resolution}`],
    bytes('as the record said'),
  )
})

test('whatever the headers of a record are, its dead letter gives them back, byte for byte', () => {
  const name = fc.oneof(
    fc.string(),
    fc.constantFrom(
      ...Object.values(HEADERS),
      'custom-events.source.x',
      'custom-events.source.custom-events.resolution',
      'custom-events.',
      '__connect.errors.',
      '__proto__',
      'constructor',
      '',
    ),
  )
  const value = fc.uint8Array().map((array) => Buffer.from(array))
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (entries) => {
      const headers = Object.fromEntries(entries)
      const kept = keptHeaders(headers)
      assert.ok(
        Object.keys(kept).every((each) => !isOurs(each)),
        'none governs',
      )
      assert.deepEqual(restoredHeaders({ ...kept, ...GOVERNING }), headers)
    }),
  )
})

test('a replayed record that is set aside again and again keeps the headers it had', () => {
  let headers: Readonly<Record<string, Buffer>> = {
    [HEADERS.replayedFrom]: bytes('dead-letters 1'),
  }
  for (let time = 0; time < 3; time++)
    headers = restoredHeaders({ ...keptHeaders(headers), ...GOVERNING })
  assert.deepEqual(headers, { [HEADERS.replayedFrom]: bytes('dead-letters 1') })
})
