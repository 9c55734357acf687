import type { Check } from './checks.ts'
import { counter } from './scrape.ts'
import type { Life } from './supervisor.ts'

/** Answers the harness read, with the time at which it did. */
export interface KnownAnswer {
  readonly atMs: number
  readonly accepted: number
  readonly rejected: number
  /** Which ingest gave it, where there are several. */
  readonly by?: string | undefined
}

/**
 * Ingest's counters against the ledger. Counters die with their process, so only the last life can be
 * compared exactly; of a life before it the last page that was read is a lower bound of what was answered.
 */
export function checkIngestTelemetry(
  lives: readonly Life[],
  answers: readonly KnownAnswer[],
  /** Times at which a request went without an answer; its events may be counted and not known. */
  unanswered: readonly number[],
): Check {
  const samples: string[] = []
  let compared = 0
  for (const life of lives) {
    if (life.scrape === null) continue
    const until = life.endedAtMs ?? Infinity
    const within = (atMs: number): boolean => atMs >= life.startedAtMs && atMs <= until
    const mine = answers.filter(({ atMs, by = life.name }) => by === life.name && within(atMs))
    const accepted = mine.reduce((sum, each) => sum + each.accepted, 0)
    const rejected = mine.reduce((sum, each) => sum + each.rejected, 0)
    const counted = {
      accepted: counter(life.scrape, 'events_accepted_total'),
      rejected: counter(life.scrape, 'events_rejected_total'),
    }
    const name = `${life.name} life ${life.number}`
    if (life.endedAtMs !== null) continue
    compared += counted.accepted + counted.rejected
    const received = counter(life.scrape, 'events_received_total')
    const sum =
      counted.accepted +
      counted.rejected +
      counter(life.scrape, 'events_ignored_total') +
      counter(life.scrape, 'events_unacknowledged_total')
    if (received !== sum) samples.push(`${name}: received ${received}, outcomes ${sum}`)
    const isExact = !unanswered.some(within)
    const isAccepted = isExact ? counted.accepted === accepted : counted.accepted >= accepted
    const isRejected = isExact ? counted.rejected === rejected : counted.rejected >= rejected
    if (!isAccepted) samples.push(`${name}: counted ${counted.accepted}, answered ${accepted}`)
    if (!isRejected)
      samples.push(`${name}: counted ${counted.rejected} rejected, answered ${rejected}`)
  }
  return {
    name: 'telemetry: ingest',
    isHeld: samples.length === 0 && compared > 0,
    found: `${compared} events in the counters of the last life equal the ledger's`,
    samples,
  }
}

/** Every life's last page: consumed = inserted + already there + dead-lettered + erased. */
export function checkConsumerTelemetry(lives: readonly Life[]): Check {
  const samples: string[] = []
  let consumed = 0
  for (const { name, number, scrape } of lives) {
    if (scrape === null) continue
    const taken = counter(scrape, 'consumed_records_total')
    const outcomes =
      counter(scrape, 'inserted_rows_total') +
      counter(scrape, 'already_inserted_rows_total') +
      counter(scrape, 'dead_lettered_records_total') +
      counter(scrape, 'erased_records_total')
    consumed += taken
    if (taken !== outcomes) samples.push(`${name} life ${number}: ${taken} ≠ ${outcomes}`)
  }
  return {
    name: 'telemetry: consumer',
    isHeld: samples.length === 0 && consumed > 0,
    found: `consumed = inserted + already there + dead-lettered + erased in each of ${lives.length} lives (${consumed} records)`,
    samples,
  }
}

/** Nobody was killed in the replay: its consumers have consumed exactly what lies on the topic. */
export function checkReplayTelemetry(lives: readonly Life[], recordsOnTopic: number): Check {
  const consumed = lives.reduce(
    (sum, { scrape }) =>
      sum + (scrape === null ? 0 : counter(scrape, 'consumed_records_total', 'table="events"')),
    0,
  )
  return {
    name: 'telemetry: replay',
    isHeld: consumed === recordsOnTopic,
    found: `${consumed} records consumed, ${recordsOnTopic} on the topic`,
    samples: [],
  }
}
