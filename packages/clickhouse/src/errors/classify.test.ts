import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CODE_GROUPS } from './error-codes.ts'
import { classify, type Failure } from './classify.ts'
import type { Adjustment, ErrorClass } from './verdict.ts'

const failure = (known: Partial<Failure>): Failure => ({
  code: null,
  status: null,
  network: null,
  message: '',
  ...known,
})

/** What was decided about each; the groups of error-codes.ts say it by reason. */
const codesByClass: Readonly<Record<ErrorClass, readonly number[]>> = {
  retry: [
    3, 4, 7, 9, 20, 32, 33, 74, 75, 76, 77, 83, 84, 87, 88, 95, 96, 107, 108, 158, 159, 160, 172,
    173, 190, 198, 201, 202, 203, 204, 209, 210, 214, 216, 218, 225, 234, 236, 240, 241, 242, 244,
    252, 254, 255, 261, 265, 271, 274, 275, 279, 285, 286, 289, 290, 294, 297, 307, 341, 364, 369,
    373, 384, 394, 396, 400, 410, 416, 424, 425, 439, 458, 473, 499, 500, 504, 519, 521, 529, 531,
    566, 568, 574, 586, 625, 641, 650, 660, 662, 667, 677, 692, 693, 696, 700, 707, 722, 733, 735,
    737, 738, 745, 749, 762, 763, 776, 777, 778, 900, 901, 903, 904, 999, 1000, 1001, 1002,
  ],
  inDoubt: [319, 659],
  halt: [
    8, 10, 15, 16, 36, 40, 42, 43, 44, 46, 47, 48, 50, 51, 53, 60, 62, 63, 73, 80, 81, 115, 122,
    164, 192, 193, 194, 195, 206, 207, 226, 227, 228, 230, 231, 232, 243, 246, 291, 344, 352, 366,
    392, 395, 452, 457, 471, 472, 492, 496, 497, 511, 512, 516, 620, 673, 720, 740, 741, 767, 772,
    774,
  ],
  data: [
    6, 19, 25, 26, 27, 38, 41, 69, 70, 72, 117, 128, 130, 131, 153, 321, 349, 376, 407, 441, 467,
    469, 563, 632, 675, 676, 691, 760,
  ],
}

for (const [expected, codes] of Object.entries(codesByClass)) {
  test(`${codes.length} codes are ${expected}`, () => {
    for (const code of codes) {
      assert.equal(classify(failure({ code, status: 500 })).class, expected, `code ${code}`)
    }
  })
}

test('every code that is decided is decided once, and in the list above', () => {
  const inGroups = CODE_GROUPS.flatMap(({ nameByCode }) => Object.keys(nameByCode).map(Number))
  assert.equal(new Set(inGroups).size, inGroups.length, 'no code in two groups')
  const above = Object.values(codesByClass).flat()
  assert.deepEqual(
    inGroups.toSorted((one, other) => one - other),
    above.toSorted((one, other) => one - other),
  )
})

test('what passes is retried for ever, what may stay for a while, what is not known a few times', () => {
  const attempts = (code: number): number | null => classify(failure({ code })).maxAttempts
  for (const code of [745, 439, 225, 733, 201, 202, 241, 159, 252, 999, 107, 218]) {
    assert.equal(attempts(code), null, `code ${code}`)
  }
  for (const code of [242, 499, 75, 1000, 1001, 1002]) assert.equal(attempts(code), 12, `${code}`)
  for (const code of [33, 271]) assert.equal(attempts(code), 3, `${code}`)
  for (const code of [158, 396]) assert.equal(attempts(code), 5, `${code}`)
})

test('a code that is not in the list is retried five times, then halts; never is it bad data', () => {
  const decided = new Set(Object.values(codesByClass).flat())
  for (let code = -1; code < 2_000; code++) {
    if (decided.has(code)) continue
    const { class: errorClass, reason, maxAttempts } = classify(failure({ code }))
    assert.deepEqual([errorClass, reason, maxAttempts], ['retry', 'unknown', 5], `code ${code}`)
  }
})

test('too many partitions in one block: smaller blocks; too many parts: longer batches', () => {
  const text = 'Too many partitions for single INSERT block (more than 100).'
  const block = classify(failure({ code: 252, message: text }))
  assert.deepEqual(
    [block.class, block.reason, block.adjustment, block.maxAttempts],
    ['retry', 'too_many_partitions', 'smallerBatch', 5],
  )
  const passing = classify(failure({ code: 252, message: 'Too many parts (300)' }))
  assert.deepEqual([passing.class, passing.adjustment], ['retry', 'longerAge'])
})

test('limits of memory, time and rows ask for smaller batches, everything else for the same', () => {
  const smaller = new Set([241, 173, 240, 777, 778, 159, 160, 158, 290, 307, 396])
  for (const code of Object.values(codesByClass).flat()) {
    const otherwise: Adjustment = code === 252 ? 'longerAge' : 'none'
    const expected = smaller.has(code) ? 'smallerBatch' : otherwise
    assert.equal(classify(failure({ code })).adjustment, expected, `code ${code}`)
  }
})

test('a connection that was never made is a retry, a broken one is in doubt', () => {
  for (const network of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']) {
    assert.equal(classify(failure({ network })).class, 'retry', network)
  }
  for (const network of ['CERT_HAS_EXPIRED', 'ERR_TLS_FILE', 'SELF_SIGNED_CERT_IN_CHAIN']) {
    assert.equal(classify(failure({ network })).class, 'retry', network)
  }
  for (const network of ['ECONNRESET', 'EPIPE', 'TIMEOUT', 'ETIMEDOUT', 'HPE_INVALID_CONSTANT']) {
    assert.equal(classify(failure({ network })).class, 'inDoubt', network)
  }
})

test('an answer without a code is judged by its status', () => {
  const classByStatus: readonly (readonly [number, ErrorClass])[] = [
    [200, 'inDoubt'],
    [429, 'retry'],
    [502, 'retry'],
    [503, 'retry'],
    [504, 'retry'],
    [500, 'inDoubt'],
    [401, 'halt'],
    [403, 'halt'],
    [404, 'retry'],
  ]
  for (const [status, expected] of classByStatus) {
    assert.equal(classify(failure({ status })).class, expected, `status ${status}`)
  }
})

test('a definite code decides before status and connection', () => {
  const both = failure({ code: 60, status: 503, network: 'ECONNRESET' })
  assert.equal(classify(both).class, 'halt')
})
