import { EVENT_CODES, REQUEST_CODES } from '@custom-events/event'
import type { RefusalWords } from './refusal.ts'
import type { EventResult, Receipt } from './event-result.ts'

/** An HTTP answer, ready to be written. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

/** How a client wants to be told; see `?results=`, `?receipt=1`. */
export interface AnswerOptions {
  readonly requestId: string
  /** `null`: all of a short list, the errors of a long one. */
  readonly shownResults: 'all' | 'errors' | 'none' | null
  readonly hasReceipts: boolean
  /** Each accepted event as it is stored, with its partition. @default false */
  readonly hasPreviews?: boolean
}

/** Up to this many events every result is shown unless the client says otherwise. */
const SHORT_LIST = 100

/** The answer when events were accepted: 200, also when others were rejected. */
export function answerAccepted(results: readonly EventResult[], options: AnswerOptions): Answer {
  const counts = countResults(results)
  const isPartial = counts.rejected > 0
  const [only] = results
  const eventId =
    results.length === 1 && only?.status === 'accepted' ? only.event.event_id : undefined
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json', ...countHeaders(results, counts) },
    body: {
      success: !isPartial,
      ...(isPartial ? { code: 'partial_rejection' } : {}),
      message: acceptedMessage(counts),
      request_id: options.requestId,
      ...(eventId === undefined ? {} : { event_id: eventId }),
      received: counts.received,
      accepted: counts.accepted,
      rejected: counts.rejected,
      ignored: counts.ignored,
      results: showResults(results, options),
    },
  }
}

/** The answer when the request as a whole is refused: RFC 9457, and what SDKs look for. */
export function answerRefused(refusal: RefusalWords, options: AnswerOptions): Answer {
  const { code, message, results } = refusal
  const { status, title } = REQUEST_CODES[code]
  const counts = countResults(results)
  return {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      ...(results.length === 0 ? {} : countHeaders(results, counts)),
      ...refusal.headers,
    },
    body: {
      type: `urn:custom-events:problem:${code}`,
      title,
      status,
      detail: message,
      instance: `urn:custom-events:request:${options.requestId}`,
      success: false,
      code,
      message,
      error: code,
      request_id: options.requestId,
      ...counts,
      results: showResults(results, options),
    },
  }
}

/** How many events met each fate. */
export interface Counts {
  readonly received: number
  readonly accepted: number
  readonly rejected: number
  readonly ignored: number
  readonly retry: number
}

export function countResults(results: readonly EventResult[]): Counts {
  const counts = { received: results.length, accepted: 0, rejected: 0, ignored: 0, retry: 0 }
  for (const { status } of results) counts[status] += 1
  return counts
}

/** Why a request without a single accepted event is refused; names the first reason. */
export function explainRejected(results: readonly EventResult[]): string {
  const { received, rejected } = countResults(results)
  const first = results.find((result) => result.status === 'rejected')?.problems[0]
  const where = first === undefined || first.pointer === '' ? '' : `${first.pointer}: `
  const why = first === undefined ? '' : `; first: ${where}${first.detail}`
  return `${rejected} of ${eventCount(received)} rejected${why}`
}

function countHeaders(
  results: readonly EventResult[],
  counts: Counts,
): Readonly<Record<string, string>> {
  let warnings = 0
  for (const result of results) if ('warnings' in result) warnings += result.warnings.length
  return {
    'X-Track-Accepted': String(counts.accepted),
    'X-Track-Rejected': String(counts.rejected),
    'X-Track-Warnings': String(warnings),
  }
}

function acceptedMessage({ accepted, rejected, ignored }: Counts): string {
  const parts = [`accepted ${eventCount(accepted)}`]
  if (rejected > 0) parts.push(`rejected ${rejected}`)
  if (ignored > 0) parts.push(`ignored ${ignored}`)
  return parts.join(', ')
}

function eventCount(count: number): string {
  return count === 1 ? '1 event' : `${count} events`
}

/** What is shown of so many results. */
export function shownOf(
  { shownResults }: AnswerOptions,
  count: number,
): NonNullable<AnswerOptions['shownResults']> {
  return shownResults ?? (count <= SHORT_LIST ? 'all' : 'errors')
}

function showResults(results: readonly EventResult[], options: AnswerOptions): readonly object[] {
  const shown = shownOf(options, results.length)
  if (shown === 'none') return []
  return results.flatMap((result, index) => {
    const isToTell = result.status !== 'accepted'
    return shown === 'all' || isToTell ? [showResult(result, index, options)] : []
  })
}

function showResult(result: EventResult, index: number, options: AnswerOptions): object {
  const { status } = result
  switch (status) {
    case 'accepted':
      return {
        index,
        status,
        event_id: result.event.event_id,
        ...(result.warnings.length === 0 ? {} : { warnings: result.warnings }),
        ...(options.hasPreviews === true ? showPreview(result) : {}),
        ...(options.hasReceipts && result.receipt !== null
          ? { receipt: showReceipt(result.receipt) }
          : {}),
      }
    case 'rejected':
      return {
        index,
        status,
        errors: result.problems.map((problem) => ({
          ...problem,
          suggestion: problem.suggestion ?? EVENT_CODES[problem.code].fix,
        })),
        ...(result.warnings.length === 0 ? {} : { warnings: result.warnings }),
      }
    case 'retry':
      return { index, status, event_id: result.eventId }
    case 'ignored':
      return { index, status, reason: result.reason }
  }
}

/** Offsets as text: they grow beyond what JSON numbers keep in every language. */
function showReceipt({ topic, partition, offset }: Receipt): object {
  return { topic, partition, offset: String(offset) }
}

/** As the row will be: open parts are JSON text, kept as sent; times as they can be sent again. */
function showPreview({
  event,
  receipt,
}: Extract<EventResult, { status: 'accepted' }>): Readonly<Record<string, unknown>> {
  const { timestamp, sent_at: sentAt, received_at: receivedAt } = event
  return {
    ...(receipt === null ? {} : { partition: receipt.partition }),
    event: {
      ...event,
      timestamp: new Date(timestamp).toISOString(),
      sent_at: sentAt === null ? null : new Date(sentAt).toISOString(),
      received_at: new Date(receivedAt).toISOString(),
    },
  }
}
