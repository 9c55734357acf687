import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { AcceptedCopy, Ledger } from './ledger.ts'
import type { World } from './world.ts'

/** What was seen while the run went on. */
export interface Watched {
  /** Rounds in which Kafka and ClickHouse could be asked. */
  rounds: number
  /** Rounds in which one of them was away. */
  blindRounds: number
  /** Accepted copies that were found accounted for below the committed offset. */
  confirmed: number
  /** Accepted copies below the committed offset that the table did not have. */
  readonly violations: AcceptedCopy[]
  lag: number
  readonly maxRssBytes: Map<string, number>
  readonly maxDescriptors: Map<string, number>
  maxActiveParts: number
}

export interface Watch {
  readonly seen: Watched
  /** One more round after the last, which must not be blind. */
  stop(): Promise<void>
}

const ROUND_MS = 1_000

/**
 * Watches the law of conservation during the run: every accepted copy below the committed offset is in
 * the table, or a newer copy of the same event is.
 */
export function startWatch(world: World, ledger: Ledger, everyMs = ROUND_MS): Watch {
  const seen: Watched = {
    rounds: 0,
    blindRounds: 0,
    confirmed: 0,
    violations: [],
    lag: 0,
    maxRssBytes: new Map(),
    maxDescriptors: new Map(),
    maxActiveParts: 0,
  }
  const stopping = new AbortController()
  let pending: readonly AcceptedCopy[] = []

  const round = async (): Promise<void> => {
    pending = [...pending, ...ledger.takeAccepted()]
    // The offsets first: what they cover then must be in the table now.
    const offsets = await world.questions.offsets(world.consumerGroup)
    const committed = new Map(
      offsets
        .filter(({ topic }) => topic === world.topics.tracked)
        .map((each) => [each.partition, each.committed ?? 0]),
    )
    const isCovered = ({ partition, offset }: AcceptedCopy): boolean =>
      offset < (committed.get(partition) ?? 0)
    const covered = pending.filter(isCovered)
    const absent = await findAbsent(world, covered)
    seen.violations.push(...absent)
    seen.confirmed += covered.length - absent.length
    pending = pending.filter((copy) => !isCovered(copy))
    seen.lag = offsets.reduce(
      (sum, each) => sum + each.latest - (each.committed ?? each.earliest),
      0,
    )
    await measure(world, seen)
  }

  const look = async (): Promise<boolean> => {
    try {
      await world.supervisor.scrape()
      await round()
      seen.rounds += 1
      return true
    } catch {
      seen.blindRounds += 1
      return false
    }
  }

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look()
      await delay(everyMs, null, { signal: stopping.signal }).catch(() => {})
    }
  }
  const running = run()
  return {
    seen,
    stop: async () => {
      stopping.abort()
      await running
      if (!(await look())) await round()
    },
  }
}

/** Copies that the table has neither at their place nor, as the same event, at a later one. */
async function findAbsent(
  { questions }: World,
  copies: readonly AcceptedCopy[],
): Promise<readonly AcceptedCopy[]> {
  if (copies.length === 0) return []
  const ranges = new Map<number, { from: number; to: number }>()
  for (const { partition, offset } of copies) {
    const range = ranges.get(partition) ?? { from: offset, to: offset }
    ranges.set(partition, {
      from: Math.min(range.from, offset),
      to: Math.max(range.to, offset),
    })
  }
  const where = [...ranges].map(
    ([partition, { from, to }]) =>
      `(kafka_partition = ${partition} AND kafka_offset BETWEEN ${from} AND ${to})`,
  )
  const rows = await questions.ask(
    `SELECT kafka_partition, kafka_offset FROM events WHERE ${where.join(' OR ')}`,
  )
  const present = new Set(rows.map(([partition, offset]) => `${partition}/${offset}`))
  const missing = copies.filter((copy) => !present.has(`${copy.partition}/${copy.offset}`))
  const absent: AcceptedCopy[] = []
  for (let at = 0; at < missing.length; at += 1_000) {
    const some = missing.slice(at, at + 1_000)
    const ids = some.map(({ eventId }) => `'${eventId}'`).join(', ')
    const newest = new Map(
      (
        await questions.ask(
          `SELECT event_id, max(kafka_offset) FROM events WHERE event_id IN (${ids}) GROUP BY event_id`,
        )
      ).map(([id, offset]) => [id, Number(offset)]),
    )
    absent.push(...some.filter((copy) => (newest.get(copy.eventId) ?? -1) < copy.offset))
  }
  return absent
}

async function measure(world: World, seen: Watched): Promise<void> {
  const living = world.supervisor.lives.filter(({ endedAtMs }) => endedAtMs === null)
  const processes = [
    ...living.map(({ name, pid }) => ({ name: name.split('-')[0] ?? name, pid })),
    ...world.stack.shards.map(({ pid }) => ({ name: 'clickhouse', pid })),
  ]
  for (const { name, pid } of processes) {
    keepMost(seen.maxRssBytes, name, residentBytes(pid))
    keepMost(seen.maxDescriptors, name, descriptors(pid))
  }
  const counts = await world.questions.ask(
    `SELECT count() FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events'`,
  )
  seen.maxActiveParts = Math.max(seen.maxActiveParts, ...counts.map(([count]) => Number(count)))
}

function keepMost(most: Map<string, number>, name: string, value: number): void {
  most.set(name, Math.max(most.get(name) ?? 0, value))
}

/** 0 for a process that is gone. */
function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024
  } catch {
    return 0
  }
}

function descriptors(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}
