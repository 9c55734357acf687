import type { AnswerText } from '../response/answer-text.ts'
import type { EventResult, Receipt } from '../response/event-result.ts'
import { withQueryable, type Queryable } from '../response/queryable.ts'
import type { Handle } from '../http/route.ts'
import type { IngestRequest, IngestResponse } from '../http/messages.ts'
import { sendText } from '../http/send.ts'
import { WAITING } from '../limits.ts'
import type { IngestParts } from '../parts.ts'

/**
 * An answer that is not sent before its events can be queried. It holds nothing of these events: their bodies are in memory
 * as long as one of them is, and are given back to the budget of all requests before the wait begins.
 */
export interface Postponed {
  readonly accepted: number
  /** Of the accepted events; fewer where the place of one cannot be told. */
  readonly receipts: readonly Receipt[]
  readonly answer: AnswerText
  /** Of the write key that the request came with. */
  readonly keyName: string
}

/** Answers a request, or hands back the answer of one that is waiting; what is refused it throws. */
export type Take = (
  request: IngestRequest,
  response: IngestResponse,
  isWaiting: boolean,
) => Promise<Postponed | null>

type Parts = Pick<IngestParts, 'queryable' | 'lifecycle' | 'metrics' | 'keys'>

/**
 * `?wait=queryable`: answers once the events can be queried, or when the time is over. The call is over before, and the
 * bytes of its body are given back: who waits keeps nobody out. Other requests cost a look at their URL.
 */
export function orWait(parts: Parts, take: Take): Handle {
  return (request, response) => {
    const wait = request.parameters?.get('wait') ?? null
    if (wait === null) return take(request, response, false)
    return take(request, response, true).then((postponed) =>
      postponed === null ? null : answerLater(parts, response, { ...postponed, wait }),
    )
  }
}

type Waiting = Postponed & { readonly wait: string }

async function answerLater(
  parts: Parts,
  response: IngestResponse,
  waiting: Waiting,
): Promise<void> {
  response.heldBackAt = performance.now()
  const outcome = await outcomeOf(parts, response, waiting)
  if (outcome !== null) {
    parts.metrics.waits.inc({ outcome: outcome.isQueryable ? 'queryable' : outcome.code })
  }
  const told = outcome === null ? waiting.answer : withQueryable(waiting.answer, outcome)
  sendText(response, told, parts.lifecycle.isDraining)
}

/** @returns `null` when nothing was accepted. */
async function outcomeOf(
  parts: Parts,
  response: IngestResponse,
  { wait, accepted, receipts, keyName }: Waiting,
): Promise<Queryable | null> {
  if (wait !== 'queryable') return unknownWait(wait)
  if (accepted === 0) return null
  if (receipts.length < accepted) return PLACE_UNKNOWN
  const withinMs = response.startedAt + WAITING.answerWithinMs - performance.now()
  const asked = { receipts, withinMs, keyName: parts.keys.isOff ? null : keyName }
  return whileThere(response, (gone) => parts.queryable.until(asked, gone))
}

/** What is waited for, of what became of the events of a request. */
export function waitedFor(
  results: readonly EventResult[],
): Pick<Postponed, 'accepted' | 'receipts'> {
  const accepted = results.filter((result) => result.status === 'accepted')
  const receipts = accepted.flatMap(({ receipt }) => (receipt === null ? [] : [receipt]))
  return { accepted: accepted.length, receipts }
}

const PLACE_UNKNOWN: Queryable = {
  isQueryable: false,
  code: 'queryable_unknown',
  detail: 'it is accepted, but ingest does not know where its record lies',
}

/**
 * A client that closes its connection in the normal way looks like one that only ends its sending side: both are answered
 * at once. So a place is not kept for somebody who is gone, and who is still there is told that nothing was waited for.
 *
 * @param run is given a signal that is aborted when the client is gone, which it may be already.
 */
async function whileThere<T>(
  response: IngestResponse,
  run: (gone: AbortSignal) => Promise<T>,
): Promise<T> {
  const { socket } = response.req
  const gone = new AbortController()
  const leave = (): void => gone.abort()
  if (response.destroyed || socket.readableEnded) leave()
  response.once('close', leave)
  socket.once('end', leave)
  try {
    return await run(gone.signal)
  } finally {
    response.off('close', leave)
    socket.off('end', leave)
  }
}

const SHOWN_LENGTH = 64

function unknownWait(wait: string): Queryable {
  const got = JSON.stringify(wait.slice(0, SHOWN_LENGTH))
  const detail = `expected wait=queryable, got wait=${got}: nothing was waited for`
  return { isQueryable: false, code: 'unknown_wait', detail }
}
