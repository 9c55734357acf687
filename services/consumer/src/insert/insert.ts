import { classify, ClickHouseFailure, isDefinite, type Verdict } from '@custom-events/clickhouse'
import type { NativeBlock } from '@custom-events/codec'
import type { FetchedRecord } from '@custom-events/kafka'
import type { KnownErased } from '../erased/known-erased.ts'
import { confirmed } from './confirmed.ts'
import type { InDoubt } from './in-doubt.ts'
import { examine } from './examine.ts'
import { byMonths, halves } from '../parts.ts'
import { readBack } from './read-back.ts'
import { decide, haltFor, type Decision } from './retry.ts'
import type { Route } from '../read/route.ts'
import type { InsertPorts } from './insert-ports.ts'

/** What became of the rows of a batch. */
export interface InsertTally {
  readonly inserted: number
  readonly alreadyThere: number
  readonly refused: number
  /** Of somebody who is erased: in no table. */
  readonly erased: number
  /** Partitions of those in doubt where the table may hold rows beyond this batch. */
  readonly inDoubt: ReadonlySet<number>
}

interface Insertion {
  readonly route: Route
  readonly records: readonly FetchedRecord[]
  /** These records as a block, when it was made before; `null` otherwise. */
  readonly encoded: NativeBlock | null
  /** What to ask ClickHouse about first. */
  readonly inDoubt: InDoubt
  /** How often these records failed as a part of more. @default 0 */
  readonly attempts?: number
}

/** What is left of an insertion, and what came of it so far. */
interface Work {
  readonly route: Route
  records: readonly FetchedRecord[]
  encoded: NativeBlock | null
  /** To be asked about before the next insert. */
  ask: InDoubt
  cause: 'assignment' | 'failure'
  alreadyThere: number
  refused: number
  erased: number
  inDoubt: ReadonlySet<number>
}

/**
 * Makes sure that every record is in the table, or set aside. Resolves only when that is so.
 *
 * An attempt of which nobody knows how it ended is asked about: its rows may be there. After a definite
 * failure everything is inserted again, whatever is there: a block over several months, or one that a view
 * threw on, may be half done, and half done is not done. What is there twice collapses by identity.
 *
 * @throws {Abandoned} when the partitions are taken away or the service stops before it is done.
 */
export async function insertRecords(ports: InsertPorts, job: Insertion): Promise<InsertTally> {
  const { route, records, encoded, inDoubt: ask, attempts = 0 } = job
  const work: Work = {
    route,
    records,
    encoded,
    ask,
    cause: 'assignment',
    alreadyThere: 0,
    refused: 0,
    erased: 0,
    inDoubt: new Set(),
  }
  /** What ClickHouse said about the last insert, when waiting does not help against it. */
  let refusal: ClickHouseFailure | null = null
  for (let attempt = attempts; ; attempt++) {
    let wasTried = false
    try {
      if (refusal !== null) {
        const { rest, isNarrowed } = await examine(ports, { ...work, error: refusal, attempt })
        if (isNarrowed) return await insertParts(ports, work, { parts: halves(rest), attempt })
        if (rest.length < work.records.length) keep(work, rest, 'refused')
        refusal = null
      }
      const known = await ports.erased()
      leaveOutErased(work, known)
      await askFirst(ports, work)
      await confirmed(ports, route.log, false) // after all that waits: the address may stand for another server since
      if (!known.mayBegin()) continue // somebody was erased meanwhile
      wasTried = true
      await insertBlock(ports, work, known)
      ports.retryLoop.recovered()
      return tallyOf(work, work.records.length)
    } catch (error) {
      if (!(error instanceof ClickHouseFailure)) throw error
      const verdict = classify(error.failure)
      if (verdict.adjustment === 'longerAge') ports.onTooManyParts()
      if (wasTried && !isDefinite(error.failure, verdict)) putInDoubt(work, job.inDoubt)
      const decision = decide(verdict, { attempt, rows: work.records.length })
      const parts = partsOf(work, verdict, decision)
      if (parts.length > 1) {
        ports.retryLoop.counted({ reason: decision.reason, error })
        return insertParts(ports, work, { parts, attempt: attempts })
      }
      if (wasTried && (decision.action === 'isolate' || decision.action === 'halt')) {
        refusal = error
      } else if (decision.action === 'isolate' || decision.action === 'split') {
        await ports.retryLoop.wait(haltFor(decision.reason, attempt, error))
      } else await ports.retryLoop.wait({ ...decision, error })
    }
  }
}

/** Erased at any moment before the insert begins: no copy of theirs comes back. */
function leaveOutErased(work: Work, { ids }: KnownErased): void {
  if (ids.size === 0) return
  const { route, records } = work
  const rest = records.filter((record) => !route.isErased(record, ids))
  if (rest.length < records.length) keep(work, rest, 'erased')
}

/**
 * Asks about what is in doubt, and leaves out what is there. Only what our server said counts, as it says itself afterwards: another
 * may have the very records, as every shard has those of keys, and what is left out for that is nowhere on ours.
 */
async function askFirst(ports: InsertPorts, work: Work): Promise<void> {
  const { route, records, ask } = work
  if (!records.some(({ partition }) => ask.has(partition))) {
    if (ask.size > 0) work.inDoubt = new Set(ask.keys())
    work.ask = new Map()
    return
  }
  ports.observe.readBack(work.cause)
  work.encoded ??= route.encode(records)
  const job = { route, records, encoded: work.encoded, ask }
  let found = await readBack(ports, job)
  while (!(await confirmed(ports, route.log, true))) found = await readBack(ports, job)
  const { missing, inDoubt } = found
  if (missing.length < records.length) keep(work, missing, 'alreadyThere')
  work.inDoubt = inDoubt
  work.ask = new Map()
}

/** Goes on with these records; the others are counted. */
function keep(
  work: Work,
  rest: readonly FetchedRecord[],
  others: 'alreadyThere' | 'refused' | 'erased',
): void {
  work[others] += work.records.length - rest.length
  work.records = rest
  work.encoded = null
}

/** Every partition of these records; those in doubt at first as far as they were. */
function putInDoubt(work: Work, first: InDoubt): void {
  const ask = new Map(first)
  for (const { partition } of work.records) if (!ask.has(partition)) ask.set(partition, 0)
  work.ask = ask
  work.cause = 'failure'
}

async function insertBlock(
  ports: InsertPorts,
  work: Work,
  { mayBegin }: KnownErased,
): Promise<void> {
  const { route, records } = work
  if (records.length === 0) return
  work.encoded ??= route.encode(records)
  const { block } = work.encoded
  ports.budget.add(block.length)
  const startedMs = performance.now()
  try {
    const { table, columns } = route
    await ports.clickhouse.insertNative({ table, columns, block, mayBegin, signal: ports.abandon })
  } finally {
    ports.observe.insertSeconds((performance.now() - startedMs) / 1_000)
    ports.budget.remove(block.length)
  }
}

/** As what the records are to be inserted, when all of them at once are too much; else nothing. */
function partsOf(
  { route, records }: Work,
  { reason }: Verdict,
  { action }: Decision,
): readonly (readonly FetchedRecord[])[] {
  const apart = reason === 'too_many_partitions' ? byMonths(route, records) : []
  if (apart.length > 1) return apart
  return action === 'split' ? halves(records) : []
}

async function insertParts(
  ports: InsertPorts,
  work: Work,
  { parts, attempt }: { readonly parts: readonly (readonly FetchedRecord[])[]; attempt: number },
): Promise<InsertTally> {
  let inserted = 0
  const asked = new Set<number>()
  for (const records of parts) {
    const partitions = new Set(records.map(({ partition }) => partition))
    const inDoubt = new Map([...work.ask].filter(([partition]) => partitions.has(partition)))
    const job = { route: work.route, records, encoded: null, inDoubt, attempts: attempt }
    const part = await insertRecords(ports, job)
    inserted += part.inserted
    work.alreadyThere += part.alreadyThere
    work.refused += part.refused
    work.erased += part.erased
    work.inDoubt = work.inDoubt.union(part.inDoubt)
    for (const partition of partitions) asked.add(partition)
  }
  work.inDoubt = work.inDoubt.union(new Set(work.ask.keys()).difference(asked))
  return tallyOf(work, inserted)
}

function tallyOf({ alreadyThere, refused, erased, inDoubt }: Work, inserted: number): InsertTally {
  return { inserted, alreadyThere, refused, erased, inDoubt }
}
