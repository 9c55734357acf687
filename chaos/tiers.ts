import { FAULT_KINDS, isFaultKind, type FaultKind } from './schedule.ts'

export interface Tier {
  readonly name: string
  /** Runs of this size, each with a seed, a ledger and servers of its own. */
  readonly runs: number
  /** Events of one run. */
  readonly events: number
  /** Faults of one run. */
  readonly faults: number
  readonly kinds: readonly FaultKind[]
  /** Of Kafka; with three, every partition has three replicas, of which two must have a record. */
  readonly brokers: number
  /** How long events are sent; start, drain, checks and replay come on top. */
  readonly sendMs: number
  readonly maxFaultMs: number
  /** How long the backlog may take after the last fault. */
  readonly drainMs: number
}

export const MIN_FAULT_MS = 100

const tiers: Readonly<Record<string, Tier>> = {
  smoke: {
    name: 'smoke',
    runs: 1,
    events: 100_000,
    // 20 were asked for; each kind once is more.
    faults: FAULT_KINDS.length,
    kinds: FAULT_KINDS,
    brokers: 1,
    sendMs: 80_000,
    maxFaultMs: 6_000,
    drainMs: 120_000,
  },
  ci: {
    name: 'ci',
    runs: 3,
    events: 167_000,
    faults: FAULT_KINDS.length,
    kinds: FAULT_KINDS,
    brokers: 1,
    sendMs: 120_000,
    maxFaultMs: 10_000,
    drainMs: 120_000,
  },
  full: {
    name: 'full',
    runs: 1,
    events: 3_000_000,
    faults: 600,
    kinds: FAULT_KINDS,
    brokers: 3,
    sendMs: 2_700_000,
    maxFaultMs: 30_000,
    drainMs: 300_000,
  },
}

/** @throws {RangeError} that names what is allowed. */
export function tierOf(
  name: string,
  overrides: {
    readonly events?: number | undefined
    readonly faults?: number | undefined
    readonly minutes?: number | undefined
    /** Names separated by commas. */
    readonly kinds?: string | undefined
    readonly drainSeconds?: number | undefined
    readonly runs?: number | undefined
    readonly brokers?: number | undefined
  },
): Tier {
  const tier = tiers[name]
  if (tier === undefined) {
    throw new RangeError(`--tier is one of ${Object.keys(tiers).join(', ')}, got ${name}`)
  }
  const { events = tier.events, faults = tier.faults, minutes, drainSeconds } = overrides
  const kinds = overrides.kinds?.split(',') ?? FAULT_KINDS
  const unknown = kinds.filter((kind) => !isFaultKind(kind))
  if (unknown.length > 0) {
    throw new RangeError(`--kinds are of ${FAULT_KINDS.join(', ')}; got ${unknown.join(', ')}`)
  }
  return {
    ...tier,
    events,
    faults,
    kinds: kinds.filter(isFaultKind),
    runs: overrides.runs ?? tier.runs,
    brokers: overrides.brokers ?? tier.brokers,
    sendMs: minutes === undefined ? tier.sendMs : minutes * 60_000,
    drainMs: drainSeconds === undefined ? tier.drainMs : drainSeconds * 1_000,
  }
}
