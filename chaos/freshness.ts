import type { Ledger } from './ledger.ts'
import type { Questions } from './questions.ts'

export interface Freshness {
  readonly events: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

/**
 * From the answer until the insert that brought the event began (`inserted_at`), for events that were
 * never updated. Both clocks are this machine's.
 */
export async function measureFreshness(ledger: Ledger, questions: Questions): Promise<Freshness> {
  const delays: number[] = []
  const rows = await questions.ask(
    'SELECT event_id, toUnixTimestamp64Milli(min(inserted_at)) FROM events GROUP BY event_id',
  )
  for (const [id = '', insertedAt] of rows) {
    const entry = ledger.find(id)
    if (entry === undefined || entry.accepted !== 0) continue
    delays.push(Math.max(0, Number(insertedAt) - entry.acceptedAtMs))
  }
  delays.sort((a, b) => a - b)
  const quantile = (share: number): number =>
    Math.round(delays[Math.min(delays.length - 1, Math.floor(share * delays.length))] ?? 0)
  return {
    events: delays.length,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
  }
}
