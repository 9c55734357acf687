import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classify, type Adjustment, type ErrorClass, type Failure } from './classify.ts'

const failure = (known: Partial<Failure>): Failure => ({
  code: null,
  status: null,
  network: null,
  message: '',
  ...known,
})

const codesByClass: Readonly<Record<ErrorClass, readonly number[]>> = {
  retry: [3, 33, 107, 159, 202, 203, 209, 210, 236, 241, 252, 279, 285, 286, 394, 425, 473, 999],
  inDoubt: [319],
  halt: [16, 36, 44, 47, 53, 60, 62, 81, 115, 164, 192, 193, 194, 242, 243, 246, 395, 497, 516],
  data: [6, 25, 26, 27, 38, 41, 69, 70, 72, 117, 131, 321, 349, 376, 407, 469, 691],
}

for (const [expected, codes] of Object.entries(codesByClass)) {
  test(`codes ${codes.join(', ')} are ${expected}`, () => {
    for (const code of codes) {
      assert.equal(classify(failure({ code, status: 500 })).class, expected, `code ${code}`)
    }
  })
}

test('a known code is retried for ever, an unknown code or a cut block only a few times', () => {
  for (const code of codesByClass.retry) {
    const { maxAttempts } = classify(failure({ code }))
    assert.equal(maxAttempts, code === 33 ? 3 : null, `code ${code}`)
  }
  for (const code of [0, 1, 123, 1000, -1]) {
    const { class: errorClass, maxAttempts } = classify(failure({ code }))
    assert.deepEqual([errorClass, maxAttempts], ['retry', 5], `code ${code}`)
  }
})

test('an unknown failure is never taken for bad data', () => {
  for (let code = 0; code < 1_500; code++) {
    if (codesByClass.data.includes(code)) continue
    assert.notEqual(classify(failure({ code })).class, 'data', `code ${code}`)
  }
})

test('too many partitions in one block halts, too many parts is retried with longer batches', () => {
  const permanent = 'Too many partitions for single INSERT block (more than 100).'
  assert.equal(classify(failure({ code: 252, message: permanent })).class, 'halt')
  const passing = classify(failure({ code: 252, message: 'Too many parts (300)' }))
  assert.deepEqual([passing.class, passing.adjustment], ['retry', 'longerAge'])
})

test('memory and time limits ask for smaller batches, everything else for the same', () => {
  const adjustmentByCode = new Map<number, Adjustment>([
    [241, 'smallerBatch'],
    [159, 'smallerBatch'],
    [252, 'longerAge'],
  ])
  for (const code of Object.values(codesByClass).flat()) {
    assert.equal(classify(failure({ code })).adjustment, adjustmentByCode.get(code) ?? 'none')
  }
})

test('a connection that was never made is a retry, a broken one is in doubt', () => {
  for (const network of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']) {
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
