import { integer, type Config } from '@custom-events/runtime'
import type { RateLimitRules } from './rate-limits.ts'
import { INGEST_LIMITS } from '../limits.ts'
import type { BucketRule } from './token-bucket.ts'

const rate = (of: string) =>
  integer({
    description: `Events a second that ${of} may send, counted by each process for itself; 0: no limit.`,
    min: 0,
    max: 10_000_000,
    default: 0,
  })

const burst = (of: string) =>
  integer({
    description: `Events that ${of} may send at once after a pause.`,
    min: 1,
    max: 100_000_000,
    default: INGEST_LIMITS.maxEvents,
  })

export const rateLimitVariables = {
  RATE_LIMIT_KEY_EVENTS_PER_SECOND: rate('each write key'),
  RATE_LIMIT_KEY_BURST_EVENTS: burst('each write key'),
  RATE_LIMIT_ACCOUNT_EVENTS_PER_SECOND: rate('all keys together for one account'),
  RATE_LIMIT_ACCOUNT_BURST_EVENTS: burst('all keys together for one account'),
}

export function rateLimitRulesFrom(config: Config<typeof rateLimitVariables>): RateLimitRules {
  return {
    key: rule(config.RATE_LIMIT_KEY_EVENTS_PER_SECOND, config.RATE_LIMIT_KEY_BURST_EVENTS),
    account: rule(
      config.RATE_LIMIT_ACCOUNT_EVENTS_PER_SECOND,
      config.RATE_LIMIT_ACCOUNT_BURST_EVENTS,
    ),
  }
}

function rule(eventsPerSecond: number, burstEvents: number): BucketRule | null {
  return eventsPerSecond === 0 ? null : { eventsPerSecond, burstEvents }
}
