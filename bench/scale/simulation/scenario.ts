import { createRandom } from '../../../chaos/random.ts'

const DAY = 86_400
const HOUR = 3_600

/** A pipeline, and what happens to it in a day. */
export interface Scenario {
  readonly seed: number
  /** Events a second in the busiest minute of a usual day. */
  readonly peak: number
  readonly partitions: number
  /** Rows a second of one consumer, and of ClickHouse whoever inserts. */
  readonly consumerRows: number
  readonly clickhouseRows: number
  /** Events that ingest and Kafka take in a second. */
  readonly takes: number
  /** Ingest holds what Kafka acknowledges in so many seconds, then answers 503 (docs/reference/limits.md). */
  readonly holdsSeconds: number
  readonly retentionSeconds: number
  /** From Kafka's acknowledgement to the commit after the insert while all is well: the least and the most. */
  readonly delaySeconds: { readonly least: number; readonly most: number }
  /** A change of the group's members stops what moves to others for so long. */
  readonly rebalanceSeconds: { readonly least: number; readonly most: number }
  /** KEDA's polls come so long after the autoscaler's questions: nobody sets it, it is as it happens to be. */
  readonly pollPhaseSeconds: number
  readonly faults: readonly Fault[]
}

export interface Fault {
  readonly kind: 'rollout' | 'broker lost' | 'ClickHouse away'
  readonly fromSecond: number
  /** Of a rollout: until the last consumer was replaced; of a broker: until its partitions have other leaders. */
  readonly seconds: number
}

/** What a usual day brings: a rollout of the consumers, a broker that dies, and a ClickHouse that is away for the busiest hour. */
export const DAY_FAULTS: readonly Fault[] = [
  { kind: 'rollout', fromSecond: 9 * HOUR, seconds: 600 },
  { kind: 'broker lost', fromSecond: 12 * HOUR, seconds: 10 },
  { kind: 'ClickHouse away', fromSecond: 16 * HOUR, seconds: HOUR },
]

/** A share of the peak: a quarter of it at 4 in the morning, all of it at 16 o'clock. */
export function dayCurve(secondOfDay: number): number {
  return 0.625 - 0.375 * Math.cos((2 * Math.PI * (secondOfDay - 4 * HOUR)) / DAY)
}

/** New events of each second of a day: the curve, and each minute up to 5 % more or fewer. */
export function traffic({ seed, peak }: Scenario): (second: number) => number {
  const random = createRandom(seed, 'traffic')
  const minutes = Array.from({ length: DAY / 60 }, () => 0.95 + 0.1 * random.next())
  return (second) => peak * dayCurve(second) * (minutes[Math.floor(second / 60)] ?? 1)
}

export function isOn({ faults }: Scenario, kind: Fault['kind'], second: number): boolean {
  return faults.some(({ kind: ofFault, fromSecond, seconds }) => {
    return ofFault === kind && second >= fromSecond && second < fromSecond + seconds
  })
}
