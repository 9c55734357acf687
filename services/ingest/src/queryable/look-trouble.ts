import { KafkaProblem } from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'

/** Tells the operator why nobody can wait for events of a consumer group, once for each reason, and that it is over. */
export interface LookTrouble {
  failed(error: unknown): void
  over(): void
  /** The last look failed. */
  readonly lasts: boolean
}

export function createLookTrouble(
  log: Pick<Logger, 'warn' | 'info'>,
  consumerGroup: string,
): LookTrouble {
  let known: string | null = null
  return {
    failed: (error) => {
      const { code, ...remedy } = reasonOf(error)
      if (code === known) return
      known = code
      log.warn(
        { err: error, consumerGroup, code, ...remedy },
        '?wait=queryable cannot tell how far the consumer is; events are accepted all the same',
      )
    },
    over: () => {
      if (known !== null) log.info({ consumerGroup, code: known }, '?wait=queryable can tell again')
      known = null
    },
    get lasts() {
      return known !== null
    },
  }
}

/** By code, not by text: the text of the same trouble names another broker each time. */
function reasonOf(error: unknown): { readonly code: string; readonly remedy?: string } {
  if (error instanceof KafkaProblem) return { code: error.code, remedy: error.remedy }
  return { code: error instanceof Error ? error.name : 'unknown' }
}
