import { STACK_SHARDS } from '@custom-events/embedded'
import { needsDisks, whyNot } from './needs.ts'
import type { Secure } from './secure.ts'
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
  /** Kinds that would belong here, and why this run does not have them. */
  readonly leftOut: readonly { readonly kind: FaultKind; readonly why: string }[]
  /** Servers get disks of their own, that can be filled. */
  readonly withDisks: boolean
  /** Of Kafka; with three, every partition has three replicas, of which two must have a record. */
  readonly brokers: number
  /** ClickHouses that events are spread over, each with consumers of its own. */
  readonly shards: number
  /** How long events are sent; start, drain, checks and replay come on top. */
  readonly sendMs: number
  readonly maxFaultMs: number
  /** How long the backlog may take after the last fault. */
  readonly drainMs: number
  /** Whether an account and a person are erased in the middle. */
  readonly hasErasures: boolean
  /** @default plain */
  readonly secure?: Secure | undefined
}

export const MIN_FAULT_MS = 100

/** Each halts the consumers for up to half a minute, or goes on for so long: too much for a short run. */
const LONG_KINDS: ReadonlySet<FaultKind> = new Set([
  'rebalance_storm',
  'table_away',
  'column_renamed',
  'merges_stopped',
  'kafka_disk_full',
  'clickhouse_disk_full',
])

/** A tier before it is known what this machine can do. */
type Plan = Omit<Tier, 'faults' | 'leftOut' | 'withDisks' | 'hasErasures' | 'shards'> & {
  /** `each`: every kind once. */
  readonly faults: number | 'each'
}

const tiers: Readonly<Record<string, Plan>> = {
  smoke: {
    name: 'smoke',
    runs: 1,
    events: 100_000,
    // 20 were asked for; each kind once is more.
    faults: 'each',
    kinds: FAULT_KINDS.filter((kind) => !LONG_KINDS.has(kind)),
    brokers: 1,
    sendMs: 80_000,
    maxFaultMs: 6_000,
    drainMs: 120_000,
  },
  ci: {
    name: 'ci',
    runs: 3,
    events: 167_000,
    faults: 'each',
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
    /** @default 1 */
    readonly shards?: number | undefined
    /** @default true */
    readonly hasErasures?: boolean | undefined
    readonly secure?: Secure | undefined
  },
  /** Whether disks that can be filled are to be had; asked only when it matters. @default they are not */
  canMount: () => boolean = () => false,
): Tier {
  const tier = tiers[name]
  if (tier === undefined) {
    throw new RangeError(`--tier is one of ${Object.keys(tiers).join(', ')}, got ${name}`)
  }
  const { events = tier.events, minutes, drainSeconds, hasErasures = true } = overrides
  const { brokers = tier.brokers, shards = 1 } = overrides
  if (brokers !== 1 && brokers !== 3) throw new RangeError(`--brokers is 1 or 3, got ${brokers}`)
  if (!STACK_SHARDS.some((each) => each === shards)) {
    throw new RangeError(`--shards is one of ${STACK_SHARDS.join(', ')}, got ${shards}`)
  }
  const wanted = overrides.kinds === undefined ? tier.kinds : kindsOf(overrides.kinds)
  const means = { brokers, canMount: needsDisks(wanted) && canMount() }
  const leftOut = wanted.flatMap((kind) => {
    const why = whyNot(kind, means)
    return why === null ? [] : [{ kind, why }]
  })
  const kinds = wanted.filter((kind) => whyNot(kind, means) === null)
  const usual = tier.faults === 'each' ? kinds.length : tier.faults
  return {
    ...tier,
    events,
    kinds,
    leftOut,
    withDisks: needsDisks(kinds),
    hasErasures,
    secure: overrides.secure,
    faults: overrides.faults ?? usual,
    runs: overrides.runs ?? tier.runs,
    brokers,
    shards,
    sendMs: minutes === undefined ? tier.sendMs : minutes * 60_000,
    drainMs: drainSeconds === undefined ? tier.drainMs : drainSeconds * 1_000,
  }
}

function kindsOf(names: string): readonly FaultKind[] {
  const kinds = names.split(',')
  const unknown = kinds.filter((kind) => !isFaultKind(kind))
  if (unknown.length > 0) {
    throw new RangeError(`--kinds are of ${FAULT_KINDS.join(', ')}; got ${unknown.join(', ')}`)
  }
  return kinds.filter(isFaultKind)
}
