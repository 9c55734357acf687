import type { ProduceOutcome } from '@custom-events/kafka'
import { shownOf, type AnswerOptions } from '../response/answers.ts'
import type { Judged } from './verdicts.ts'

/**
 * The usual end of a request: every event is in Kafka and there is nothing to say about any. Its answer
 * is put together as text, without an object for each result (docs/decisions/0022).
 *
 * `answerAccepted` in answers.ts is the reference: all-accepted.test.ts compares their bytes.
 */
export function isAllAccepted(
  judged: readonly Judged[],
  outcomes: readonly ProduceOutcome[],
): boolean {
  if (judged.length === 0 || judged.length !== outcomes.length) return false
  for (let index = 0; index < judged.length; index += 1) {
    const verdict = judged[index]?.verdict
    if (verdict?.status !== 'accepted' || verdict.warnings.length > 0) return false
    if (outcomes[index]?.status !== 'acknowledged') return false
  }
  return true
}

/** The same for all of them but for the count. */
export function allAcceptedHeaders(count: number): Readonly<Record<string, string>> {
  return {
    'Cache-Control': 'no-store',
    'Content-Type': 'application/json',
    'X-Track-Accepted': String(count),
    'X-Track-Rejected': '0',
    'X-Track-Warnings': '0',
  }
}

/** @param options without receipts: those tell of each event where it lies. */
export function allAcceptedText(judged: readonly Judged[], options: AnswerOptions): string {
  const { length } = judged
  const request = `,"request_id":"${options.requestId}"` // of characters that need no escape
  const isShown = shownOf(options, length) === 'all'
  if (length === 1) {
    const id = `"event_id":${quotedId(judged[0])}`
    const results = isShown ? `{"index":0,"status":"accepted",${id}}` : ''
    return `{"success":true,"message":"accepted 1 event"${request},${id},"received":1,"accepted":1,"rejected":0,"ignored":0,"results":[${results}]}`
  }
  let results = ''
  if (isShown) {
    for (let index = 0; index < length; index += 1) {
      const comma = index === 0 ? '' : ','
      results += `${comma}{"index":${index},"status":"accepted","event_id":${quotedId(judged[index])}}`
    }
  }
  return `{"success":true,"message":"accepted ${length} events"${request},"received":${length},"accepted":${length},"rejected":0,"ignored":0,"results":[${results}]}`
}

/** Characters that JSON leaves as they are. */
const PLAIN = /^[\w.:/+=-]*$/

function quotedId(judged: Judged | undefined): string {
  const id = judged?.verdict.status === 'accepted' ? judged.verdict.event.event_id : ''
  return PLAIN.test(id) ? `"${id}"` : JSON.stringify(id)
}
