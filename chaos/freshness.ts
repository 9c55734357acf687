import type { Ledger } from './ledger.ts'
import type { Questions } from './questions.ts'

/** What the pipeline went through while an event was on its way. */
export type Weather = 'healthy' | 'in fault' | 'after heal'

export interface Quantiles {
  readonly events: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

export type Freshness = Readonly<Record<Weather | 'all', Quantiles>>

/** From the beginning of a fault until it was healed, in milliseconds since 1970. */
export interface Interval {
  readonly startedAtMs: number
  readonly endedAtMs: number
}

/** So long after a fault the pipeline is taken to be busy with what the fault left behind. */
const RECOVERY_MS = 15_000

/** How an event fared that was accepted and inserted at these times. */
export function weatherOf(
  acceptedAtMs: number,
  insertedAtMs: number,
  faults: readonly Interval[],
): Weather {
  const isHurt = faults.some((f) => f.startedAtMs <= insertedAtMs && f.endedAtMs >= acceptedAtMs)
  if (isHurt) return 'in fault'
  const isRecovering = faults.some(
    (f) => f.endedAtMs < acceptedAtMs && acceptedAtMs - f.endedAtMs < RECOVERY_MS,
  )
  return isRecovering ? 'after heal' : 'healthy'
}

/**
 * From the answer until the insert that brought the event began (`inserted_at`), for events that were
 * never updated. Both clocks are this machine's.
 */
export async function measureFreshness(
  ledger: Ledger,
  questions: Questions,
  faults: readonly Interval[],
): Promise<Freshness> {
  const delays: Record<Weather | 'all', number[]> = {
    all: [],
    healthy: [],
    'in fault': [],
    'after heal': [],
  }
  const rows = await questions.ask(
    'SELECT event_id, toUnixTimestamp64Milli(min(inserted_at)) FROM events GROUP BY event_id',
  )
  for (const [id = '', insertedAt] of rows) {
    const entry = ledger.find(id)
    if (entry === undefined || entry.accepted !== 0) continue
    const delay = Math.max(0, Number(insertedAt) - entry.acceptedAtMs)
    delays.all.push(delay)
    delays[weatherOf(entry.acceptedAtMs, Number(insertedAt), faults)].push(delay)
  }
  return {
    all: quantiles(delays.all),
    healthy: quantiles(delays.healthy),
    'in fault': quantiles(delays['in fault']),
    'after heal': quantiles(delays['after heal']),
  }
}

export function quantiles(delays: readonly number[]): Quantiles {
  const sorted = delays.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
  return { events: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) }
}
