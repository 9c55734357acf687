import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { clickhouseTime, userHashOf, type Erasure } from '@custom-events/clickhouse'
import type { ErasePorts } from './erase.ts'
import { liftedSince } from './forgotten/lifted.ts'
import { openLedger } from './shards/ledger.ts'
import { idOf, type Target } from './request.ts'
import { NOTHING_DONE, type SpreadErasure } from './shards/spread.ts'

export function isUnfinished({ state }: Erasure): boolean {
  return state !== 'done' && state !== 'lifted'
}

/** The same that was asked for before and is not done goes on, unless it was lifted since: then this is another wish. */
export async function begin(
  { shards, topic }: Pick<ErasePorts, 'shards' | 'topic'>,
  { target, before, by }: Target,
  erasures: readonly SpreadErasure[],
): Promise<SpreadErasure> {
  const id = idOf(target)
  const isSame = (row: Erasure): boolean =>
    row.id.kind === id.kind && row.id.sha256 === id.sha256 && row.timestampBefore === before
  const known = erasures.find((row) => isUnfinished(row) && isSame(row))
  const isEverywhere = target.kind !== 'group' && target.within === null
  const userHash = isEverywhere ? userHashOf(target.id) : '0'
  if (known !== undefined && (await liftedSince(topic, known)) === null) {
    return { ...known, userHash }
  }
  const asked = await newErasure(shards, { id, before, by })
  const ledger = openLedger(placesOf(shards), { ...asked, userHash })
  await ledger.reach({ state: 'asked' })
  return ledger.erasure()
}

function placesOf(shards: ErasePorts['shards']) {
  return shards.map(({ servers }) => servers)
}

/** That no shard knows of yet; the first tells the time. */
async function newErasure(
  [{ servers }]: ErasePorts['shards'],
  asked: Pick<Erasure, 'id'> & {
    readonly before: number | null
    readonly by: string | null
  },
): Promise<SpreadErasure> {
  const { clickhouse } = servers
  return {
    erasureId: randomUUID(),
    id: asked.id,
    userHash: '0',
    timestampBefore: asked.before,
    askedAt: await clickhouseTime(clickhouse),
    askedBy: asked.by ?? `${userName()}@${hostname()}`,
    ...NOTHING_DONE,
    rows: [],
  }
}

/** In a container there may be none. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`
  }
}

/** What was taken until now stays erased for ever; Kafka may still hold it. */
export async function lift(
  { shards, topic }: Pick<ErasePorts, 'shards' | 'topic'>,
  { target, by, isMeant }: Target,
  erasures: readonly SpreadErasure[],
  print: (lines: readonly string[]) => void,
): Promise<number> {
  const [{ servers }] = shards
  const id = idOf(target)
  const known = await topic.find(id)
  const nowMs = await clickhouseTime(servers.clickhouse)
  if (known === undefined) {
    print([`This ${target.kind} is not erased: there is nothing to lift.`])
    return 1
  }
  const unfinished = erasures.find((row) => isUnfinished(row) && row.id.sha256 === id.sha256)
  if (unfinished !== undefined) {
    print([`An erasure of this ${target.kind} is not done: end it first with --resume.`])
    return 1
  }
  if (!isMeant) {
    print([`Dry run: what comes of this ${target.kind} from now on would be kept again.`])
    return 0
  }
  const asked = await newErasure(shards, { id, before: null, by })
  const { erasureId, askedBy, askedAt } = asked
  const announcedOffset = await topic.lift(id, nowMs, { erasureId, askedBy, askedAt })
  const ended = { state: 'lifted', announcedAt: nowMs, announcedOffset, finishedAt: nowMs } as const
  await openLedger(placesOf(shards), asked).reach(ended)
  print([
    `Lifted: what is taken of this ${target.kind} from ${new Date(nowMs).toISOString()} on is kept.`,
  ])
  return 0
}

/** Tells shards of what was lifted while they were away: their table is what the topic is filled from, should it be lost. */
export async function tellOfLifted(
  { shards }: Pick<ErasePorts, 'shards'>,
  erasures: readonly SpreadErasure[],
): Promise<void> {
  const untold = erasures.filter(({ state, rows }) => state === 'lifted' && rows.includes(null))
  for (const erasure of untold) {
    const { state, announcedAt, announcedOffset, finishedAt } = erasure
    const ledger = openLedger(placesOf(shards), erasure)
    await ledger.reach({ state, announcedAt, announcedOffset, finishedAt })
  }
}
