import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLAPS, FLAPS_WITHIN_MS } from '../errors/comings.ts'
import { KafkaCodeError } from '../errors/kafka-errors.ts'
import { UnreadableRecords } from '../record-batch/unreadable-records.ts'
import { createTroubleBoard, TELL_AFTER_MS } from './trouble-board.ts'

const NOT_LEADER_OR_FOLLOWER = 6
const KEY = 'read/t/1'

function boardOf() {
  const clock = { nowMs: 0 }
  const told: string[] = []
  const tell = (_: unknown, text?: string): void => void told.push(text ?? '')
  const board = createTroubleBoard({ log: { warn: tell, info: tell }, now: () => clock.nowMs })
  const fail = (key = KEY): void => {
    const error = new KafkaCodeError(NOT_LEADER_OR_FOLLOWER)
    board.failed(key, { topic: 't', partition: 1, offset: 7, error })
  }
  return { clock, told, board, fail }
}

test('what passes within seconds is not told, what lasts is told once, and that it is over', () => {
  const { clock, told, board, fail } = boardOf()
  fail()
  board.cleared(KEY)
  assert.deepEqual(told, [])
  fail()
  clock.nowMs += TELL_AFTER_MS
  fail()
  fail()
  assert.deepEqual([told.length, board.troubles.length], [1, 1])
  board.cleared(KEY)
  assert.deepEqual([told.length, board.troubles.length], [2, 0])
})

test('records that nobody can decode are told at once, with the codec and what to do', () => {
  const { board, told } = boardOf()
  const place = { topic: 't', partition: 1, offset: 7 }
  const error = new UnreadableRecords('codec', place, 'compressed with codec 5, which is unknown')
  board.failed(KEY, { ...place, error })
  const [trouble] = board.troubles
  assert.equal(trouble?.cause, 'codec')
  assert.match(
    trouble?.text ?? '',
    /^t\/1, batch at offset 7: .*codec 5.*: Find the producer .*runbook\.md/,
  )
  assert.equal(told.length, 1)
})

test('what comes and goes again and again is told every few minutes, with how often', () => {
  const { clock, told, board, fail } = boardOf()
  const everyMs = 2_000
  for (; clock.nowMs < 2 * FLAPS_WITHIN_MS; clock.nowMs += everyMs) {
    const before = told.length
    fail()
    if (told.length > before) assert.ok(clock.nowMs >= (FLAPS - 1) * everyMs, 'too soon')
    assert.deepEqual(board.troubles, [], 'records are read in between')
    board.cleared(KEY)
  }
  assert.equal(told.length, 2, told.join('\n'))
  assert.match(told[0] ?? '', /6 times within minutes: t\/1 at offset 7: .*NOT_LEADER_OR_FOLLOWER/)
  const often = Number(/ (\d+) times within minutes/.exec(told[1] ?? '')?.[1])
  const cameOften = FLAPS_WITHIN_MS / everyMs
  assert.ok(often > 0.85 * cameOften && often <= cameOften, told[1])
})

test('what comes a few times an hour, or at many places once, is not told', () => {
  const { clock, told, board, fail } = boardOf()
  for (; clock.nowMs < 12 * FLAPS_WITHIN_MS; clock.nowMs += FLAPS_WITHIN_MS / 4) {
    fail()
    board.cleared(KEY)
  }
  for (let partition = 0; partition < 100; partition++) {
    fail(`read/t/${partition}`)
    board.cleared(`read/t/${partition}`)
  }
  assert.deepEqual(told, [])
})

test('what nobody can look at any more is neither told on nor said to be over', () => {
  const { clock, told, board, fail } = boardOf()
  fail()
  clock.nowMs += TELL_AFTER_MS
  assert.equal(board.troubles.length, 1)
  board.forget('read/')
  assert.deepEqual([told.length, board.troubles.length], [1, 0])
})
