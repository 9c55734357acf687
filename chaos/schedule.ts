import { createRandom } from './random.ts'

/** Everything that can be done to the pipeline; `faults.ts` does it. */
export const FAULT_KINDS = [
  'consumer_kill',
  'consumer_term',
  'consumer_freeze',
  'consumer_zombie',
  'consumer_join',
  'consumer_leave',
  'failpoint_on_assignment',
  'failpoint_after_fetch',
  'failpoint_before_insert',
  'failpoint_after_insert',
  'failpoint_after_commit',
  'failpoint_before_dead_letter',
  'failpoint_after_dead_letter',
  'ingest_kill',
  'ingest_term',
  'ingest_freeze',
  'clickhouse_kill',
  'clickhouse_freeze',
  'kafka_kill',
  'kafka_freeze',
  'registry_kill',
  'poison',
  'dead_letters_refused',
  'insert_link_latency',
  'insert_link_rate',
  'insert_link_blackhole',
  'insert_link_refuse',
  'insert_link_reset',
  'insert_link_drop_answer',
  'insert_link_slice',
  'insert_link_cut',
  'produce_link_latency',
  'produce_link_blackhole',
  'produce_link_reset',
  'produce_link_drop_answer',
  'produce_link_slice',
  'fetch_link_latency',
  'fetch_link_blackhole',
  'fetch_link_reset',
  'fetch_link_drop_answer',
  'fetch_link_slice',
  'everything_kill',
  'rebalance_storm',
  'clock_ingest',
  'clock_consumer',
  'refused_rows',
  'table_away',
  'column_renamed',
  'merges_stopped',
  'broker_kill',
  'broker_term',
  'broker_freeze',
  'broker_disk_loss',
  'brokers_roll',
  'kafka_disk_full',
  'clickhouse_disk_full',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

export function isFaultKind(text: string): text is FaultKind {
  return FAULT_KINDS.some((kind) => kind === text)
}

export interface Fault {
  readonly number: number
  readonly kind: FaultKind
  /** Milliseconds after the workload's first request. */
  readonly atMs: number
  readonly durationMs: number
  /** 0 ≤ n < 1: which of the possible victims. */
  readonly victim: number
}

export interface ScheduleOptions {
  readonly seed: number
  readonly kinds: readonly FaultKind[]
  readonly count: number
  /** The last fault begins before this. */
  readonly spanMs: number
  readonly minDurationMs: number
  readonly maxDurationMs: number
}

/**
 * The faults of a run, by time: each kind once before any comes again, at times spread over the span,
 * with durations of every order of magnitude alike.
 */
export function planFaults(options: ScheduleOptions): readonly Fault[] {
  const { seed, kinds: allowed, count, spanMs, minDurationMs, maxDurationMs } = options
  const random = createRandom(seed, 'faults')
  const kinds: FaultKind[] = []
  while (kinds.length < count && allowed.length > 0) kinds.push(...random.shuffle(allowed))
  const slotMs = spanMs / count
  return kinds.slice(0, count).map((kind, number) => ({
    number,
    kind,
    atMs: Math.floor((number + random.next()) * slotMs),
    durationMs: Math.round(random.logUniform(minDurationMs, maxDurationMs)),
    victim: random.next(),
  }))
}
