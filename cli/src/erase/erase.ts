import { setTimeout as delay } from 'node:timers/promises'
import {
  clearUserHashes,
  clickhouseTime,
  conditionOf,
  countEvents,
  detachedParts,
  dropCounted,
  ErasureStalled,
  hideRows,
  noteDays,
  recount,
  rewriteParts,
  untilPartsAreGone,
  writeErasureRow,
  type Erasure,
  type Servers,
  type Waiting,
} from '@custom-events/clickhouse'
import { createErasedIds, erasedKey, type ErasedIds } from '@custom-events/event'
import type { ErasureTopic } from './topic/erasure-topic.ts'
import { makeReceipt, type Receipt } from './receipt/receipt.ts'
import { conditionsOf, findLetters, findRejected, type RefusedPlace } from './refused.ts'
import { countTheirKeys, destroyTheirKeys, type KeyPorts } from './their-keys.ts'

export interface ErasePorts {
  readonly servers: Servers
  readonly topic: ErasureTopic
  /** The same, with time to count in: a large table takes longer than any other query may. */
  readonly counting: Servers
  readonly keys: KeyPorts
  readonly waiting: Waiting
  /** After Kafka has the erasure no insert that does not know of it begins or ends later than so. */
  readonly settleMs: number
  /** A step of the way is reached; for a person. */
  readonly onStep: (text: string) => void
  /** Told before the erasure counts as done: whoever is killed in between goes on, and it is told again. */
  readonly onReceipt: (receipt: Receipt) => Promise<void>
}

/** Late rows are looked for so often while inserts are waited for. */
const SWEEP_EVERY_MS = 5_000
const MAX_SWEEPS = 20

/**
 * The way of an erasure: asked → announced → hidden → settled → done. Each step may be done again, and is when the
 * command was killed: what is there is deleted, what is gone is not found.
 *
 * 1. announced: Kafka has it. From here on ingest takes nothing more, and consumers leave it out.
 * 2. hidden: no query sees a row; the rollups count the days anew.
 * 3. settled: every insert that was begun without knowing is over, and what it brought was deleted.
 * 4. done: keys are destroyed, the parts are written without the rows, the old ones are off the disk.
 *
 * @throws {ErasureStalled | ClickHouseFailure} when something goes no further; it may be resumed.
 */
export async function erase(
  ports: ErasePorts,
  asked: Erasure,
): Promise<{ readonly erasure: Erasure; readonly receipt: Receipt }> {
  const { servers, onStep } = ports
  let erasure = asked
  const reach = async (reached: Partial<Erasure>): Promise<void> => {
    erasure = { ...erasure, ...reached, step: erasure.step + 1 }
    await writeErasureRow(servers.clickhouse, erasure)
  }
  /** What was found is told before it is deleted: a command that is killed in between has not forgotten it. */
  const account: Account = async (table, rows, hide) => {
    const { [table]: before = 0, ...others } = erasure.pending
    if (rows > 0) {
      await reach({ pending: { ...others, [table]: Math.max(before, rows) } })
      await hide()
    }
    const gone = Math.max(before, rows)
    if (gone === 0) return
    await reach({
      pending: others,
      found: { ...erasure.found, [table]: (erasure.found[table] ?? 0) + gone },
    })
  }
  const sweep = (what: Sweep): Promise<number> => sweepOnce(ports, erasure, { what, account })

  const announced = await announce(ports, erasure)
  const settledAt = performance.now() + ports.settleMs
  await reach({ state: 'announced', ...announced })
  onStep('announced: Kafka has it, nothing more of it is taken')

  await sweep('everything')
  onStep('hidden: no query of events shows it')
  await recount(servers, erasure.erasureId, ports.waiting)
  await reach({ state: 'hidden' })
  onStep(COUNTED)

  // What was settled once stays so: the erasure has been on Kafka ever since.
  await settle(ports, asked.state === 'settled' ? 0 : settledAt, sweep)
  await reach({ state: 'settled' })
  onStep('settled: no insert can bring it back')

  await destroyTheirKeys(ports.keys, erasure, { account, onStep })
  const { selection } = selectionOf(erasure)
  await recount(servers, erasure.erasureId, ports.waiting)
  await dropCounted(servers, { erasureId: erasure.erasureId, selection }, ports.waiting)
  if (erasure.userHash !== '0') {
    const clear = (rows: number, update: () => Promise<void>) =>
      account('rollup_daily', rows, update)
    await clearUserHashes(ports.counting, erasure, { waiting: ports.waiting, account: clear })
  }
  for (const table of ['events', 'rejected_events', 'dead_letters', 'rollup_daily']) {
    await rewriteParts(servers, table, ports.waiting)
  }
  onStep('rewritten: the parts of ClickHouse are without it')
  await untilPartsAreGone(servers, ports.waiting)
  const left = await mustBeGone(ports, erasure)

  const finishedAt = await clickhouseTime(servers.clickhouse)
  const receipt = makeReceipt(erasure, { left, finishedAt })
  await ports.onReceipt(receipt)
  await reach({ state: 'done', finishedAt, receiptSha256: receipt.sha256 })
  return { erasure, receipt }
}

/** A day whose events are gone is counted no more: what is to go from its row goes at the end, see `dropCounted`. */
const COUNTED =
  'hidden: rollups and catalogue are counted without it, but for days whose events expired'

async function announce({ topic, servers }: ErasePorts, erasure: Erasure) {
  const { id, timestampBefore, erasureId, askedBy, askedAt } = erasure
  const span = { timestampBefore, receivedBefore: null }
  const announcedOffset = await topic.announce(id, span, { erasureId, askedBy, askedAt })
  return { announcedOffset, announcedAt: await clickhouseTime(servers.clickhouse) }
}

/** The rows of an erasure, and those who are erased by it. */
export function selectionOf(erasure: Pick<Erasure, 'id' | 'timestampBefore'>) {
  const { id, timestampBefore } = erasure
  const ids = createErasedIds()
  const spans = [{ timestampBefore, receivedBefore: null }]
  ids.set(erasedKey(id), { ...id, spans, erasureId: '', askedBy: '', askedAt: 0 })
  return { selection: { id, timestampBefore }, ids }
}

/** Rejects and dead letters are read one by one, which takes long where there are many. */
type Sweep = 'events' | 'everything'

/** Deletes rows of a table that were found, and counts them once, also when it is killed half-way. */
type Account = (table: string, rows: number, hide: () => Promise<void>) => Promise<void>

/** @returns rows that were found. */
async function sweepOnce(
  { servers, counting, waiting }: ErasePorts,
  erasure: Erasure,
  { what, account }: { readonly what: Sweep; readonly account: Account },
): Promise<number> {
  const { selection, ids } = selectionOf(erasure)
  const events = await countEvents(counting, selection)
  await account('events', events, async () => {
    await noteDays(counting, erasure.erasureId, selection)
    await hideRows(servers, { table: 'events', condition: conditionOf(selection) }, waiting)
  })
  if (what === 'events') return events
  let total = events
  for (const { table, places } of await findRefusedRows(counting, ids, erasure.timestampBefore)) {
    await account(table, places.length, async () => {
      for (const condition of conditionsOf(places)) {
        await hideRows(servers, { table, condition }, waiting)
      }
    })
    total += places.length
  }
  return total
}

interface RefusedRows {
  readonly table: 'rejected_events' | 'dead_letters'
  readonly places: readonly RefusedPlace[]
}

export async function findRefusedRows(
  { clickhouse }: Pick<Servers, 'clickhouse'>,
  ids: ErasedIds,
  beforeMs: number | null,
): Promise<readonly RefusedRows[]> {
  return [
    { table: 'rejected_events', places: await findRejected(clickhouse, ids, beforeMs) },
    { table: 'dead_letters', places: await findLetters(clickhouse, ids, beforeMs) },
  ]
}

/** Until no insert can be under way that does not know: then nothing is found any more. */
async function settle(
  { waiting }: ErasePorts,
  settledAt: number,
  sweep: (what: Sweep) => Promise<number>,
): Promise<void> {
  for (;;) {
    const leftMs = settledAt - performance.now()
    if (leftMs <= 0) break
    waiting.onWaiting(
      `waiting ${Math.ceil(leftMs / 1_000)} s for inserts that were begun without knowing of it`,
    )
    if (waiting.stop.aborted) throw new ErasureStalled('stopped while inserts are waited for')
    await delay(Math.min(leftMs, SWEEP_EVERY_MS), null, { signal: waiting.stop }).catch(() => {})
    await sweep('events')
  }
  for (let sweeps = 0; sweeps < MAX_SWEEPS; sweeps++) if ((await sweep('everything')) === 0) return
  throw new ErasureStalled(
    'rows of it come again and again: is a consumer of an older release running, or somebody else writing to the tables?',
  )
}

/** @returns 0 of each table. @throws {ErasureStalled} when something is left. */
async function mustBeGone(
  { servers, counting, keys }: ErasePorts,
  erasure: Erasure,
): Promise<Readonly<Record<string, number>>> {
  const { selection, ids } = selectionOf(erasure)
  const left: Record<string, number> = { events: await countEvents(counting, selection) }
  for (const { table, places } of await findRefusedRows(counting, ids, erasure.timestampBefore)) {
    left[table] = places.length
  }
  const keysLeft = await countTheirKeys(keys, erasure)
  if (keysLeft !== null) left['seal_keys'] = keysLeft
  const some = Object.entries(left).filter(([, rows]) => rows > 0)
  if (some.length > 0) {
    const which = some.map(([table, rows]) => `${rows} of ${table}`).join(', ')
    throw new ErasureStalled(`rows came back after all: ${which}; run it again with --resume`)
  }
  const detached = await detachedParts(servers)
  if (detached.length > 0) {
    const names = detached.map(
      ({ table, name, reason }) => `${table}/detached/${name} (${reason || 'detached by hand'})`,
    )
    throw new ErasureStalled(
      `ClickHouse keeps parts aside that nobody can look into, and they may hold rows of it: ${names.join(', ')}. ` +
        'Attach what is needed, or drop each with ALTER TABLE … DROP DETACHED PART … SETTINGS allow_drop_detached = 1; ' +
        'then run it again with --resume',
    )
  }
  return left
}
