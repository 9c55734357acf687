import type { Days, Kept, WantedRetention } from '@custom-events/clickhouse'
import type { RetentionValues } from './variables.ts'

/** What is to be kept how long, by configuration and tracking plans. */
export function wantedRetention(
  config: RetentionValues,
  plans: {
    /** Of events whose tracking plans say so, by name. */
    readonly retention: ReadonlyMap<string, Days>
  },
  /** As it was put into force last, by name of event; of all others by ''. */
  inForce: ReadonlyMap<string, Days>,
): WantedRetention {
  const { CLICKHOUSE_RETENTION_DAYS: ofEvents, CLICKHOUSE_REJECTED_RETENTION_DAYS: ofRejected } =
    config
  const hasOwn = plans.retention.size > 0 || inForce.size > 1
  const events: Kept | undefined =
    ofEvents === AS_IT_IS && !hasOwn
      ? undefined
      : {
          days: ofEvents === AS_IT_IS ? (inForce.get('') ?? null) : daysOf(ofEvents),
          daysByEvent: plans.retention,
        }
  return {
    ...(events === undefined ? {} : { events }),
    ...part('rejected', ofRejected === AS_IT_IS ? ofEvents : ofRejected),
    ...part('deadLetters', config.CLICKHOUSE_DEAD_LETTERS_RETENTION_DAYS),
    ...part('rollups', config.CLICKHOUSE_ROLLUP_RETENTION_DAYS),
    ...part('audit', config.AUDIT_RETENTION_DAYS),
  }
}

const AS_IT_IS = -1

function part(name: keyof WantedRetention, days: number): WantedRetention {
  return days === AS_IT_IS ? {} : { [name]: { days: daysOf(days) } }
}

function daysOf(days: number): Days {
  return days === 0 ? null : days
}
