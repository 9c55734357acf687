import { isErased } from './accounts.ts'
import { canonicalHash, invalidId, makeEvent, parseEventId } from './event.ts'
import type { Entry, Ledger } from './ledger.ts'
import type { Poison } from './poison.ts'
import type { ViewRow } from './questions.ts'

/** One thing that must hold, and whether it does. */
export interface Check {
  readonly name: string
  readonly isHeld: boolean
  /** In figures. */
  readonly found: string
  /** The first few that break it. */
  readonly samples: readonly string[]
}

const MAX_SAMPLES = 20

/** Collects what breaks a check; keeps a few samples and counts the rest. */
export function breaches(name: string, describe: (count: number) => string) {
  let count = 0
  const samples: string[] = []
  return {
    add: (sample: string): void => {
      count += 1
      if (samples.length < MAX_SAMPLES) samples.push(sample)
    },
    check: (): Check => ({ name, isHeld: count === 0, found: describe(count), samples }),
  }
}

export interface ViewChecks {
  readonly checks: readonly Check[]
  /** Ids of accepted events that the view does not have. */
  readonly lost: readonly string[]
}

/** Compares the whole view with the ledger, row by row. */
export async function checkView(ledger: Ledger, rows: AsyncIterable<ViewRow>): Promise<ViewChecks> {
  const phantoms = breaches(
    'phantom',
    (count) => `${count} rows that nobody sent, or rejected ones`,
  )
  const doubled = breaches('duplicates', (count) => `${count} events more than once in the view`)
  const changed = breaches('content', (count) => `${count} rows that differ from the last copy`)
  const erased = breaches(
    'erased',
    (broken) =>
      `${broken} rows of who was erased, ${ledger.counts.erased} of their events were ignored`,
  )
  const placeByEntry = new Map<Entry, { partition: number; offset: number; shard: number }>()
  let count = 0
  for await (const row of rows) {
    count += 1
    const key = parseEventId(row.eventId)
    const entry = ledger.find(row.eventId)
    const account = key === null ? undefined : ledger.accounts[key.account]
    if (key === null || entry === undefined || account === undefined || entry.isRejected) {
      phantoms.add(`${row.eventId} at ${row.partition}@${row.offset}`)
      continue
    }
    if (isErased({ account, seq: key.seq })) {
      erased.add(`${row.eventId} at ${row.partition}@${row.offset}`)
      continue
    }
    const { partition, offset, shard = 1 } = row
    const elsewhere = placeByEntry.get(entry)
    if (elsewhere !== undefined) doubled.add(twice(row.eventId, elsewhere.shard, shard))
    placeByEntry.set(entry, { partition, offset, shard })
    const copy = { account, seq: key.seq }
    // The last accepted copy; a copy sent after it whose fate is unknown may be there in its place.
    const allowed = [...new Set([Math.max(entry.accepted, 0), Math.max(entry.invoked, 0)])]
    const isSame = allowed.some(
      (version) => canonicalHash(makeEvent(ledger.seed, { ...copy, version })) === row.hash,
    )
    if (!isSame)
      changed.add(
        `${row.eventId} at ${row.partition}@${row.offset}, version ${allowed.join(' or ')}`,
      )
  }
  const lost: string[] = []
  for (const { account, seq, entry } of ledger.entries()) {
    if (isErased({ account, seq })) continue
    if (entry.accepted >= 0 && !placeByEntry.has(entry)) lost.push(`e.${account.index}.${seq}`)
  }
  return {
    lost,
    checks: [
      {
        name: 'lost',
        isHeld: lost.length === 0,
        found: `${lost.length} of ${ledger.counts.accepted} accepted events are not in the view (${count} rows)`,
        samples: lost.slice(0, MAX_SAMPLES),
      },
      phantoms.check(),
      doubled.check(),
      erased.check(),
      changed.check(),
      checkOrder(ledger, placeByEntry),
    ],
  }
}

/** Within one ClickHouse the view has each identity once; two of them know nothing of each other. */
function twice(eventId: string, one: number, other: number): string {
  return one === other ? eventId : `${eventId} on shards ${one} and ${other}`
}

/** The next event of an ordered account is sent after the answer to the one before: its offset is higher. */
function checkOrder(
  ledger: Ledger,
  placeByEntry: ReadonlyMap<Entry, { readonly partition: number; readonly offset: number }>,
): Check {
  const ordered = ledger.accounts.filter(({ manner }) => manner === 'ordered')
  const total = { events: 0 }
  const broken = breaches(
    'order',
    (count) =>
      `${count} of ${total.events} events of ${ordered.length} ordered accounts out of order`,
  )
  const partitionByAccount = new Map<number, number>()
  const last = new Map<number, number>()
  for (const { account, seq, entry } of ledger.entries()) {
    const place = placeByEntry.get(entry)
    if (place === undefined) continue
    const partition = partitionByAccount.get(account.index) ?? place.partition
    partitionByAccount.set(account.index, partition)
    const id = `e.${account.index}.${seq}`
    if (partition !== place.partition) broken.add(`${id} in partition ${place.partition}`)
    if (account.manner !== 'ordered') continue
    total.events += 1
    const before = last.get(account.index) ?? -1
    if (place.offset <= before) broken.add(`${id} at ${place.offset}, after ${before}`)
    last.set(account.index, place.offset)
  }
  return broken.check()
}

/** A poison record as the table has it; texts in hexadecimal. */
export interface DeadLetterRow {
  readonly partition: number
  readonly key: string
  /** null for a tombstone. */
  readonly value: string | null
}

/** Exactly the injected poison, byte for byte. A write that had to be repeated may be there twice. */
export function checkQuarantine(
  injected: readonly Poison[],
  rows: readonly DeadLetterRow[],
  repeats: number,
): Check {
  const broken = breaches(
    'quarantine',
    (count) => `${injected.length} injected, ${rows.length} in dead_letters, ${count} not alike`,
  )
  const text = (row: DeadLetterRow): string => `${row.partition} ${row.key} ${row.value}`
  const expected = new Set(
    injected.map(({ partition, key, value }) =>
      text({ partition, key: key.toString('hex'), value: value?.toString('hex') ?? null }),
    ),
  )
  const found = new Set(rows.map(text))
  for (const each of expected) if (!found.has(each)) broken.add(`missing: ${each}`)
  for (const each of found) if (!expected.has(each)) broken.add(`not injected: ${each}`)
  const doubled = rows.length - found.size
  if (doubled > repeats) broken.add(`${doubled} twice, only ${repeats} writes were repeated`)
  return broken.check()
}

/** Answers to the workload: nothing valid refused, nothing invalid accepted, every fate known. */
export function checkAnswers(ledger: Ledger): Check {
  const { counts } = ledger
  let unknown = 0
  for (const { account, seq, entry } of ledger.entries()) {
    if (isErased({ account, seq })) continue // what was ignored has no other fate
    if (entry.invoked > entry.accepted && !entry.isRejected) unknown += 1
  }
  return {
    name: 'answers',
    isHeld: counts.misjudged === 0 && unknown === 0,
    found: `${counts.rejected} invalid events rejected, ${counts.misjudged} misjudged, ${unknown} fates unknown at the end`,
    samples: counts.rejected === 0 ? [] : [`first invalid: ${invalidId(0)}`],
  }
}
