import { setTimeout as delay } from 'node:timers/promises'
import {
  clickhouseTime,
  ErasureStalled,
  findLinked,
  joinLinked,
  recount,
  untilPartsAreGone,
  type LinkedIds,
  type Waiting,
} from '@custom-events/clickhouse'
import type { ErasedId } from '@custom-events/event'
import { liftedSince } from './forgotten/lifted.ts'
import { openLedger, type Account } from './shards/ledger.ts'
import {
  clearAway,
  leftOn,
  sweepOnce,
  type EraseShard,
  type Erasing,
  type Sweep,
} from './shards/one-shard.ts'
import { onShards } from './shards/on-shards.ts'
import { makeReceipt, type Receipt } from './receipt/receipt.ts'
import type { Counts, SpreadErasure } from './shards/spread.ts'
import { countTheirKeys, destroyTheirKeys, type KeyPorts } from './their-keys.ts'
import type { ErasureTopic } from './topic/erasure-topic.ts'

export interface ErasePorts {
  readonly shards: readonly [EraseShard, ...EraseShard[]]
  readonly topic: ErasureTopic
  readonly keys: KeyPorts
  readonly waiting: Waiting
  /** After Kafka has the erasure no insert that does not know of it begins or ends later than so. */
  readonly settleMs: number
  /** A step of the way is reached; for a person. */
  readonly onStep: (text: string) => void
  /** Who stands beside whom is erased, before nobody can find it any more. */
  readonly onLinked: (id: ErasedId, linked: LinkedIds | null) => void
  /** Told before the erasure counts as done: whoever is killed in between goes on, and it is told again. */
  readonly onReceipt: (receipt: Receipt) => Promise<void>
}

/** Late rows are looked for so often while inserts are waited for. */
const SWEEP_EVERY_MS = 5_000
const MAX_SWEEPS = 20

/**
 * The way of an erasure: asked → announced → hidden → settled → done. Each step may be done again, and is when the
 * command was killed: what is there is deleted, what is gone is not found. Each is done on every shard before the next.
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
  asked: SpreadErasure,
): Promise<{ readonly erasure: SpreadErasure; readonly receipt: Receipt }> {
  const { shards, onStep } = ports
  const [{ servers: first }] = shards
  const { erasureId } = asked
  const ledger = openLedger(
    shards.map(({ servers }) => servers),
    asked,
  )
  const { reach, account } = ledger
  const liftedAt = await liftedSince(ports.topic, asked)
  const erasing: Erasing = { ...asked, receivedBefore: liftedAt }
  const sweep = (what: Sweep): Promise<number> => sweepAll(ports, erasing, { what, account })

  const announced = await announce(ports, erasing)
  const settledAt = performance.now() + ports.settleMs
  await reach({ state: 'announced', ...announced })
  onStep(announcedLine(erasing))

  const linked = await onShards(ports, ({ counting }) => findLinked(counting, erasing))
  ports.onLinked(erasing.id, joinLinked(linked))
  await sweep('everything')
  onStep('hidden: no query of events shows it')
  await onShards(ports, ({ servers }, waiting) => recount(servers, erasureId, waiting))
  await reach({ state: 'hidden' })
  onStep(COUNTED)

  // What was settled once stays so: the erasure has been on Kafka ever since.
  await settle(ports, asked.state === 'settled' ? 0 : settledAt, sweep)
  await reach({ state: 'settled' })
  onStep('settled: no insert can bring it back')

  await destroyTheirKeys(ports.keys, erasing, { account, onStep })
  await onShards(ports, (shard, waiting, at) => clearAway(shard, erasing, { waiting, account, at }))
  onStep('rewritten: the parts of ClickHouse are without it')
  await onShards(ports, untilPartsAreGone)
  const left = await mustBeGone(ports, erasing)

  const finishedAt = await clickhouseTime(first.clickhouse)
  const receipt = makeReceipt(ledger.erasure(), { left, finishedAt, liftedAt })
  await ports.onReceipt(receipt)
  await reach({ state: 'done', finishedAt, receiptSha256: receipt.sha256 })
  return { erasure: ledger.erasure(), receipt }
}

function announcedLine({ receivedBefore: liftedAt }: Erasing): string {
  if (liftedAt === null) return 'announced: Kafka has it, nothing more of it is taken'
  return `announced before, and lifted at ${new Date(liftedAt).toISOString()}: what was taken since stays`
}

/** A day whose events are gone is counted no more: what is to go from its row goes at the end, see `dropCounted`. */
const COUNTED =
  'hidden: rollups and catalogue are counted without it, but for days whose events expired'

/** What was lifted was announced before; once more it would take away what was taken since. */
async function announce({ topic, shards }: ErasePorts, erasure: Erasing) {
  const { id, timestampBefore, erasureId, askedBy, askedAt } = erasure
  if (erasure.receivedBefore !== null) {
    const { announcedAt, announcedOffset } = erasure
    return { announcedAt: announcedAt ?? askedAt, announcedOffset }
  }
  const span = { timestampBefore, receivedBefore: null }
  const announcedOffset = await topic.announce(id, span, { erasureId, askedBy, askedAt })
  const [{ servers }] = shards
  // Who goes on with it says it again: since the first time nothing more of it was taken.
  const announcedAt = erasure.announcedAt ?? (await clickhouseTime(servers.clickhouse))
  return { announcedOffset, announcedAt }
}

/** @returns rows that were found on all shards. */
async function sweepAll(
  ports: ErasePorts,
  erasure: Erasing,
  { what, account }: { readonly what: Sweep; readonly account: Account },
): Promise<number> {
  const found = await onShards(ports, (shard, waiting, at) =>
    sweepOnce(shard, erasure, {
      what,
      waiting,
      account: (table, rows, hide) => account(table, [{ at, rows }], hide),
    }),
  )
  return found.reduce((sum, rows) => sum + rows, 0)
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

/** @returns 0 of each table, of each shard. @throws {ErasureStalled} when something is left. */
async function mustBeGone(ports: ErasePorts, erasure: Erasing): Promise<readonly Counts[]> {
  const keysLeft = await countTheirKeys(ports.keys, erasure)
  return onShards(ports, (shard, _, at) => leftOn(shard, erasure, keysLeft?.[at] ?? null))
}
