import type { Answer } from '../response/answers.ts'
import type { EventResult, Receipt } from '../response/event-result.ts'
import { withQueryable, type Queryable } from '../response/queryable.ts'
import { queryOf } from '../http/query.ts'
import type { Handle } from '../http/route.ts'
import type { IngestRequest, IngestResponse } from '../http/messages.ts'
import { send } from '../http/send.ts'
import { WAITING } from '../limits.ts'
import type { IngestParts } from '../parts.ts'

/** Takes the answer to what was accepted, instead of its being sent now. */
export type Postpone = (results: readonly EventResult[], answer: Answer) => void

/** Answers a request, or hands its answer to `postpone`; what is refused it throws. */
export type Take = (
  request: IngestRequest,
  response: IngestResponse,
  postpone: Postpone | null,
) => Promise<void>

type Parts = Pick<IngestParts, 'queryable' | 'lifecycle' | 'metrics'>

/**
 * `?wait=queryable`: answers once the events can be queried, or when the time is over. The call is over before, and the
 * bytes of its body are given back: who waits keeps nobody out. Other requests cost a look at their URL.
 */
export function orWait(parts: Parts, take: Take): Handle {
  return (request, response) => {
    const wait = queryOf(request)?.get('wait') ?? null
    return wait === null
      ? take(request, response, null)
      : takeAndWait(parts, { take, wait }, request, response)
  }
}

async function takeAndWait(
  parts: Parts,
  { take, wait }: { readonly take: Take; readonly wait: string },
  request: IngestRequest,
  response: IngestResponse,
): Promise<void> {
  const postponed: { readonly receipts: readonly Receipt[]; readonly answer: Answer }[] = []
  await take(request, response, (results, answer) =>
    postponed.push({ receipts: receiptsOf(results), answer }),
  )
  for (const { receipts, answer } of postponed) {
    const outcome = await outcomeOf(parts, response, { wait, receipts })
    if (outcome !== null) {
      parts.metrics.waits.inc({ outcome: outcome.isQueryable ? 'queryable' : outcome.code })
    }
    const told = outcome === null ? answer : withQueryable(answer, outcome)
    send(response, told, parts.lifecycle.isDraining)
  }
}

function receiptsOf(results: readonly EventResult[]): readonly Receipt[] {
  return results.flatMap((result) =>
    result.status === 'accepted' && result.receipt !== null ? [result.receipt] : [],
  )
}

/** @returns `null` when nothing was accepted that could be waited for. */
async function outcomeOf(
  { queryable }: Parts,
  response: IngestResponse,
  { wait, receipts }: { readonly wait: string; readonly receipts: readonly Receipt[] },
): Promise<Queryable | null> {
  if (wait !== 'queryable') return unknownWait(wait)
  if (receipts.length === 0) return null
  const gone = new AbortController()
  const leave = (): void => gone.abort()
  response.once('close', leave)
  const leftMs = response.startedAt + WAITING.answerWithinMs - performance.now()
  try {
    return await queryable.until(receipts, leftMs, gone.signal)
  } finally {
    response.off('close', leave)
  }
}

const SHOWN_LENGTH = 64

function unknownWait(wait: string): Queryable {
  const got = JSON.stringify(wait.slice(0, SHOWN_LENGTH))
  const detail = `expected wait=queryable, got wait=${got}: nothing was waited for`
  return { isQueryable: false, code: 'unknown_wait', detail }
}
