import type { Logger } from '@custom-events/runtime'
import type { ProduceOutcome } from '@custom-events/kafka'
import type { EventResult, RetryReason } from '../response/event-result.ts'
import type { IngestMetrics, STEPS_AFTER_PRODUCE } from '../metrics.ts'
import type { Judged } from './verdicts.ts'

/**
 * Tells of a bug in what is done once events may be in Kafka. It must not become a 500: that asks for the
 * events again, and those without an id of their own would then be there twice.
 */
export function tellBugAfterProduce(
  { metrics, log }: { readonly metrics: IngestMetrics; readonly log: Logger },
  step: (typeof STEPS_AFTER_PRODUCE)[number],
  err: unknown,
): void {
  metrics.bugsAfterProduce.inc({ step })
  log.error({ err, step }, 'a bug after events were produced: they are answered by their fates')
}

/** The same fates with nothing of what was sent but ids: what can be told when the whole cannot. */
export function baldly(results: readonly EventResult[]): readonly EventResult[] {
  return results.map((result): EventResult => {
    switch (result.status) {
      case 'accepted':
        return { ...result, warnings: [] }
      case 'rejected':
        return { ...result, problems: result.problems.slice(0, 1).map(bald), warnings: [] }
      case 'retry':
      case 'ignored':
        return result
    }
  })
}

function bald({ code }: Rejected['problems'][number]): Rejected['problems'][number] {
  return { pointer: '', code, detail: DETAIL, expected: null, got: null, suggestion: null }
}

type Rejected = Extract<EventResult, { readonly status: 'rejected' }>

const DETAIL = 'more than its code cannot be told'

/** Of an event that is known to be in Kafka, where nobody asks for its place. */
export function acceptedResult({ verdict }: Judged): readonly EventResult[] {
  if (verdict.status !== 'accepted') return []
  return [acceptedBaldly(verdict.event)]
}

function acceptedBaldly(event: Accepted['event']): EventResult {
  return { status: 'accepted', event, warnings: [], receipt: null }
}

type Accepted = Extract<EventResult, { readonly status: 'accepted' }>

/**
 * What became of each event, from nothing but what Kafka said of each: where the whole sum could not be made.
 *
 * @param outcomes one for each accepted event, in their order, or none.
 * @param reason why nothing was produced, if nothing was.
 */
export function baldFates(
  judged: readonly Judged[],
  outcomes: readonly ProduceOutcome[],
  reason: RetryReason,
): readonly EventResult[] {
  let next = 0
  return judged.map(({ verdict }): EventResult => {
    if (verdict.status === 'ignored') return verdict
    if (verdict.status === 'rejected') {
      return { status: 'rejected', problems: verdict.problems, warnings: [] }
    }
    const { event } = verdict
    const outcome = outcomes[next]
    next += 1
    if (outcome === undefined) return { status: 'retry', eventId: event.event_id, reason }
    if (outcome.status === 'acknowledged') return acceptedBaldly(event)
    return { status: 'retry', eventId: event.event_id, reason: 'kafka_unavailable' }
  })
}
