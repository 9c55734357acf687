import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TrackedEvent } from '@custom-events/event'
import { allAcceptedHeaders, allAcceptedText, isAllAccepted } from './all-accepted.ts'
import { answerAccepted, type AnswerOptions } from '../response/answers.ts'
import { resultsOf, type Judged } from './verdicts.ts'

const ACKNOWLEDGED = { status: 'acknowledged', offset: 0 } as const
const PLACE = { topic: 'events', partition: 0 }

function accepted(eventId: string, warnings: 0 | 1 = 0): Judged {
  const event = { event_id: eventId } as TrackedEvent // no more of it is shown
  const warning = { code: 'unknown_field', pointer: '', detail: '' } as never
  const all = warnings === 0 ? [] : [warning]
  return { input: null as never, verdict: { status: 'accepted', event, warnings: all } }
}

test('the text of the usual answer is byte for byte the one that is made from objects', () => {
  const options: fc.Arbitrary<AnswerOptions> = fc.record({
    requestId: fc.stringMatching(/^[\w.-]{1,128}$/),
    shownResults: fc.constantFrom('all', 'errors', 'none', null),
    hasReceipts: fc.constant(false),
  })
  const id = fc.oneof(fc.uuid(), fc.string({ unit: 'binary' }), fc.string())
  const ids = fc.oneof(
    fc.array(id, { minLength: 1, maxLength: 5 }),
    fc
      .constantFrom(99, 100, 101)
      .map((count) => Array.from({ length: count }, (_, at) => `e${at}`)),
  )
  fc.assert(
    fc.property(ids, options, (eventIds, given) => {
      const judged = eventIds.map((eventId) => accepted(eventId))
      const produced = judged.map(() => ({ place: PLACE, outcome: ACKNOWLEDGED }))
      const reference = answerAccepted(resultsOf(judged, produced), given)
      assert.equal(allAcceptedText(judged, given), JSON.stringify(reference.body))
      const headers = { 'Cache-Control': 'no-store', ...reference.headers }
      assert.deepEqual(Object.entries(allAcceptedHeaders(judged.length)), Object.entries(headers))
    }),
  )
})

test('an event with a warning, refused or not acknowledged is told of on the reference path', () => {
  const rejected = { status: 'rejected', problems: [], warnings: [], known: null as never } as const
  const unacknowledged = { status: 'unacknowledged', reason: 'backpressure' } as const
  const usual = [accepted('a'), accepted('b')]
  assert.ok(isAllAccepted(usual, [ACKNOWLEDGED, ACKNOWLEDGED]))
  assert.ok(!isAllAccepted(usual, [ACKNOWLEDGED, unacknowledged]))
  assert.ok(!isAllAccepted(usual, [ACKNOWLEDGED]))
  assert.ok(!isAllAccepted([], []))
  assert.ok(!isAllAccepted([accepted('a'), accepted('b', 1)], [ACKNOWLEDGED, ACKNOWLEDGED]))
  const withRejected = [accepted('a'), { input: null as never, verdict: rejected }]
  assert.ok(!isAllAccepted(withRejected, [ACKNOWLEDGED]))
})
