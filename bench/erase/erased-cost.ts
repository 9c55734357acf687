import {
  BLANK_EVENT,
  createErasedIds,
  erasedIdOf,
  erasedKey,
  type ErasedIds,
  type IdKind,
} from '@custom-events/event'
import type { Figures } from '../figures.ts'
import type { BenchOptions } from '../options.ts'
import { median } from '../quantile.ts'

const ERASURES = [0, 1, 10_000, 100_000]
const EVENTS = 10_000
const KINDS: readonly IdKind[] = ['user', 'group', 'anonymous']

/** Nobody of theirs is erased: the usual case, and the one that everybody pays for. */
const events = Array.from({ length: EVENTS }, (_, index) => ({
  ...BLANK_EVENT,
  group_id: `account_${index % 5_000}`,
  user_id: `user_${index % 5_000}_${index}`,
  anonymous_id: index % 5 < 3 ? `anon-${(index * 2_654_435_761).toString(16)}` : null,
  timestamp: Date.UTC(2026, 0, 1) + index,
  received_at: Date.UTC(2026, 0, 1) + index,
}))

/** What it costs to look whether an event is of somebody who is erased, by how many are. */
export async function benchErasedCost({ secondsPerCase, rounds }: BenchOptions): Promise<Figures> {
  const cases = ERASURES.map((count) => ({ count, ids: erasedOf(count), seen: [] as number[] }))
  for (let round = 0; round < rounds; round++) {
    for (const { ids, seen } of cases) seen.push(nanosecondsOf(ids, secondsPerCase))
  }
  return {
    tables: [
      {
        name: 'erased-cost',
        columns: ['erasures', 'CPU per event, µs', 'memory per erasure, bytes'],
        rows: cases.map(({ count, seen }) => [
          count,
          median(seen) / 1_000,
          count < 10_000 ? null : bytesPerErasure(count),
        ]),
      },
    ],
    plots: [],
    ratios: {},
    notes: [
      `${EVENTS} events with a user and an account each, three of five with a visitor, none of them erased; a third of the erasures each of ` +
        'users, accounts and visitors. In ingest this comes once per accepted event.',
    ],
  }
}

function erasedOf(count: number): ErasedIds {
  const ids = createErasedIds()
  for (let index = 0; index < count; index++) {
    const kind = KINDS[index % KINDS.length] ?? 'user'
    const id = erasedIdOf(kind, `erased-${index}`)
    const spans = [{ timestampBefore: null, receivedBefore: null }]
    ids.set(erasedKey(id), { ...id, spans, erasureId: 'e', askedBy: 'bench', askedAt: 0 })
  }
  return ids
}

function nanosecondsOf(ids: ErasedIds, seconds: number): number {
  const before = process.cpuUsage()
  const endsAt = performance.now() + seconds * 1_000
  let asked = 0
  while (performance.now() < endsAt) {
    for (const event of events) if (ids.ofEvent(event) !== null) throw new Error('nobody is erased')
    asked += events.length
  }
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1_000) / asked
}

function bytesPerErasure(count: number): number {
  const before = process.memoryUsage().heapUsed
  const ids = erasedOf(count)
  const bytes = (process.memoryUsage().heapUsed - before) / ids.size
  return Math.round(bytes)
}
