import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAnswerReader } from '../../chaos/attacks/answers.ts'
import { ATTACKS, attackNamed } from '../../chaos/attacks/catalogue.ts'
import type { SavedFigures } from '../../bench/figures.ts'
import type { Harm } from '../../chaos/attacks/harm.ts'
import { brokenLimits, HARM_LIMITS } from '../../chaos/attacks/limits.ts'
import { figuresOfHarms, withNewRows } from '../../chaos/attacks/render.ts'
import { countAnswer, createTally, unitsOf } from '../../chaos/attacks/tally.ts'

const MEBIBYTE = 1_024 ** 2

const HARMLESS: Harm = {
  attack: 'knocking',
  sends: '10 requests a second',
  isKeyed: false,
  seconds: 60,
  neighbour: { sent: 3_000, failed: {}, p50Ms: 3, p99Ms: 250, maxMs: 400, repeated: 0 },
  quietP99Ms: 9,
  idleRssBytes: 100 * MEBIBYTE,
  peakRssBytes: 228 * MEBIBYTE,
  attacker: {
    requests: 600,
    withheld: 0,
    wireBytes: 60_000,
    answers: { '401 missing_api_key': 600 },
  },
  cpuSeconds: 0.6,
  cpuMsPerUnit: 1,
  logBytes: 60 * 4_096,
  exitCode: null,
}

test('an attack that reaches each limit and breaks none is held', () => {
  assert.deepEqual(brokenLimits(HARMLESS, HARM_LIMITS), [])
  assert.equal(lastCellOf(HARMLESS), 'yes')
  assert.deepEqual(figuresOfHarms([HARMLESS], []).notes, ['1 of 1 attacks held.'])
})

function lastCellOf(harm: Harm): string {
  return String(figuresOfHarms([harm], []).tables[0]?.rows[0]?.at(-1))
}

const broken: readonly (readonly [what: Partial<Harm>, says: RegExp])[] = [
  [{ neighbour: { ...HARMLESS.neighbour, p99Ms: 251 } }, /p99 was 251 ms/],
  [{ neighbour: { ...HARMLESS.neighbour, p99Ms: NaN } }, /p99 was NaN ms/],
  [
    { neighbour: { ...HARMLESS.neighbour, failed: { 'connection lost': 1 } } },
    /failed: 1 × connection lost/,
  ],
  [{ peakRssBytes: 229 * MEBIBYTE }, /memory grew by 129 MiB/],
  [{ peakRssBytes: NaN }, /memory grew by NaN MiB/],
  [{ cpuMsPerUnit: 1.01 }, /1\.01 ms of processor time/],
  [{ logBytes: 60 * 4_096 + 1 }, /log grew by/],
  [{ exitCode: 134 }, /ended with code 134/],
  [{ attacker: { ...HARMLESS.attacker, answers: { '500 internal_error': 1 } } }, /answered 500/],
  [{ attacker: { ...HARMLESS.attacker, answers: {} } }, /measured nothing/],
]

for (const [what, says] of broken) {
  test(`a broken limit is told: ${says.source}`, () => {
    const sentences = brokenLimits({ ...HARMLESS, ...what }, HARM_LIMITS)
    assert.equal(sentences.length, 1, sentences.join())
    assert.match(String(sentences[0]), says)
    assert.match(lastCellOf({ ...HARMLESS, ...what }), /^\*\*NO\*\*/)
  })
}

test('what somebody with a key costs is told, not bounded, and 503 is an answer', () => {
  const answers = { '503 overloaded': 9 }
  const harm = { ...HARMLESS, isKeyed: true, cpuMsPerUnit: 40 }
  const attacker = { ...HARMLESS.attacker, answers }
  assert.deepEqual(brokenLimits({ ...harm, attacker }, HARM_LIMITS), [])
})

test('work is measured by the request, or by 64 KiB where that is more', () => {
  const tally = createTally()
  assert.equal(unitsOf(tally), 1)
  tally.requests = 3
  tally.wireBytes = 64 * 1_024
  assert.equal(unitsOf(tally), 3)
  tally.wireBytes = 18 * MEBIBYTE
  assert.equal(unitsOf(tally), 288)
  countAnswer(tally, '200')
  countAnswer(tally, '200')
  assert.deepEqual(tally.answers, { 200: 2 })
})

test('answers are found however they are cut, one behind the other, with their codes', () => {
  const answers = [
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 413 Payload Too Large\r\nContent-Length: 25\r\n\r\n{"code":"body_too_large"}',
    'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}',
  ].join('')
  for (const size of [1, 7, answers.length]) {
    const reader = createAnswerReader()
    const seen: string[] = []
    for (let at = 0; at < answers.length; at += size) {
      assert.equal(reader.isLast, false)
      seen.push(...reader.read(Buffer.from(answers.slice(at, at + size))))
    }
    assert.deepEqual(seen, ['204', '413 body_too_large', '200'])
    assert.equal(reader.isLast, true)
  }
})

test('every attack has a name of its own, by which its process finds it', () => {
  const names = ATTACKS.map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
  for (const attack of ATTACKS) assert.equal(attackNamed(attack.name), attack)
  assert.throws(() => attackNamed('kindness'), /no attack kindness/)
})

test('attacks that are tried again are kept in place of their rows, and what is kept says so', () => {
  const saved = (command: string, rows: readonly (readonly string[])[]): SavedFigures => ({
    bench: 'attacks',
    command,
    measuredAt: '2026-01-31',
    commit: command,
    machine: 'm',
    tables: [{ name: 'harms', columns: ['attack', 'held'], rows }],
    plots: [],
    ratios: {},
    notes: ['1 of 2 attacks held.', 'Load average 0.5 at the end.'],
  })
  const kept = saved('all', [
    ['a, 3 s', 'yes'],
    ['a-b, 3 s', '**NO**: it grew'],
  ])
  const again = withNewRows(kept, saved('some', [['a-b, 60 s', 'yes']]))
  assert.deepEqual(again.tables[0]?.rows, [
    ['a, 3 s', 'yes'],
    ['a-b, 60 s', 'yes'],
  ])
  assert.deepEqual([again.command, again.commit], ['all', 'all'])
  assert.deepEqual(again.notes, [
    '2 of 2 attacks held.',
    'Load average 0.5 at the end.',
    'Anew: `some`, 2026-01-31, commit some. Load average 0.5 at the end.',
  ])
  const all = saved('every', kept.tables[0]?.rows.map((row) => row.map(String)) ?? [])
  assert.equal(withNewRows(kept, all), all)
  assert.equal(withNewRows(null, kept), kept)
})
