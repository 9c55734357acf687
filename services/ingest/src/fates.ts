import type { Logger } from '@custom-events/service'
import type { EventResult } from './answers.ts'
import type { IngestMetrics } from './metrics.ts'
import type { Judged } from './verdicts.ts'

/** What is done once events may be in Kafka. */
export const STEPS_AFTER_PRODUCE = ['sum_up', 'count', 'keep_rejected', 'answer'] as const

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
export function keptResult({ verdict }: Judged): readonly EventResult[] {
  if (verdict.status !== 'accepted') return []
  const { event } = verdict
  return [{ status: 'accepted', event, warnings: [], receipt: NO_RECEIPT }]
}

const NO_RECEIPT = { topic: '', partition: 0, offset: 0 }
