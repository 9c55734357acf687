import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { RecordSizes } from '@custom-events/kafka'
import fc from 'fast-check'
import { HEADERS, toDeadLetter } from './dead-letter.ts'
import {
  bytesOf,
  firstAttempt,
  isShortened,
  isStub,
  shorter,
  type Attempt,
  type Shortened,
} from './shorten.ts'

const refusal = { stage: 'decode', code: 'no_magic_byte', message: 'm'.repeat(5_000) } as const

function letterOf(parts: {
  readonly key?: Buffer | null
  readonly value?: Buffer | null
  readonly headers?: Readonly<Record<string, Buffer>>
}) {
  const { key = null, value = null, headers = {} } = parts
  const log = { clusterId: 'c', topic: 'orders', topicId: '1' }
  const record = { partition: 2, offset: 9, timestampMs: 0, key, value, headers }
  return toDeadLetter({ log, record, refusal }, { topic: 'd', partitions: 1 })
}

function allAttempts(
  whole: Parameters<typeof firstAttempt>[0],
  sizes?: RecordSizes,
): readonly Attempt[] {
  const attempts: Attempt[] = []
  for (let next: Attempt | null = firstAttempt(whole, sizes); next !== null; next = shorter(next)) {
    attempts.push(next)
  }
  return attempts
}

const markOf = ({ letter }: Attempt): Shortened =>
  JSON.parse(String(letter.headers?.[HEADERS.shortened])) as Shortened
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

test('a letter is tried whole, then in less and less, then as a stub that tells its place', () => {
  const value = Buffer.alloc(1_500_000, 'v')
  const attempts = allAttempts(letterOf({ key: Buffer.from('k'), value }))
  const [whole, ...cut] = attempts
  assert.equal(whole?.letter.value, value)
  assert.equal(whole.letter.headers?.[HEADERS.shortened], undefined)
  assert.deepEqual(
    cut.map(({ letter }) => bytesOf(letter) <= 8_192),
    [false, false, true, true],
  )
  for (const attempt of cut) {
    const { cut: what, bytes, sha256: hashes } = markOf(attempt)
    assert.deepEqual(what, isStub(attempt) ? ['value', 'key'] : ['value'])
    assert.deepEqual(bytes, { value: 1_500_000, key: 1, headers: 0 })
    assert.deepEqual(hashes, { value: sha256(value), key: sha256(Buffer.from('k')) })
  }
  const stub = attempts.at(-1)
  assert.ok(stub !== undefined && isStub(stub))
  assert.deepEqual([stub.letter.value, stub.letter.key?.toString()], [null, 'orders/2/9'])
  assert.equal(stub.letter.headers?.[HEADERS.code], 'no_magic_byte')
})

test('a record of which only the beginning was read says so, whole or shortened, and no hash of a part', () => {
  const key = Buffer.from('k')
  const letter = letterOf({ key, value: Buffer.alloc(1_048_000, 'v') })
  const sizes = { keyBytes: 1, valueBytes: 40_000_000, headersBytes: 12 }
  for (const attempt of allAttempts(letter, sizes)) {
    const { cut, bytes, sha256: hashes } = markOf(attempt)
    assert.deepEqual(cut, isStub(attempt) ? ['value', 'key', 'headers'] : ['value', 'headers'])
    assert.deepEqual(bytes, { value: 40_000_000, key: 1, headers: 12 })
    assert.deepEqual(hashes, { value: null, key: sha256(key) })
    assert.equal(isShortened(attempt), true)
  }
})

test('what no topic of sane settings takes is not even tried whole', () => {
  const attempt = firstAttempt(letterOf({ value: Buffer.alloc(17 * 1_048_576) }))
  assert.ok(bytesOf(attempt.letter) <= 524_288)
})

test('whatever is too long, each step holds its bound, says what was cut, and keeps the beginning', () => {
  const sizes = fc.oneof(fc.nat({ max: 300 }), fc.integer({ min: 5_000, max: 700_000 }))
  const headers = fc.dictionary(fc.string({ maxLength: 8 }), sizes, { maxKeys: 5 })
  fc.assert(
    fc.property(fc.option(sizes), fc.option(sizes), headers, (key, value, dictionary) => {
      const whole = letterOf({
        key: key === null ? null : Buffer.alloc(key, 'k'),
        value: value === null ? null : Buffer.alloc(value, 'v'),
        headers: Object.fromEntries(
          Object.entries(dictionary).map(([name, size]) => [name, Buffer.alloc(size, 'h')]),
        ),
      })
      for (const attempt of allAttempts(whole).slice(1)) {
        const { letter } = attempt
        const mark = markOf(attempt)
        assert.ok(bytesOf(letter) <= 524_288 && bytesOf(letter) < Math.max(bytesOf(whole), 8_192))
        assert.equal(mark.cut.includes('value'), letter.value?.length !== whole.value?.length)
        if (isStub(attempt)) continue
        assert.equal(mark.cut.includes('key'), letter.key?.length !== whole.key?.length)
        for (const part of ['key', 'value'] as const) {
          assert.deepEqual(letter[part], whole[part]?.subarray(0, letter[part]?.length) ?? null)
        }
        for (const [name, bytes] of Object.entries(letter.headers ?? {})) {
          if (name !== HEADERS.shortened) assert.equal(bytes, whole.headers?.[name], name)
        }
      }
    }),
    { numRuns: 50 },
  )
})
