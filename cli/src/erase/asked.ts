import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import {
  clickhouseTime,
  userHashOf,
  writeErasureRow,
  type Erasure,
} from '@custom-events/clickhouse'
import type { ErasePorts } from './erase.ts'
import { idOf, type Target } from './request.ts'

export function isUnfinished({ state }: Erasure): boolean {
  return state !== 'done' && state !== 'lifted'
}

/** The same that was asked for before and is not done goes on. */
export async function begin(
  { servers }: Pick<ErasePorts, 'servers'>,
  { target, before, by }: Target,
  rows: readonly Erasure[],
): Promise<Erasure> {
  const id = idOf(target)
  const isSame = (row: Erasure): boolean =>
    row.id.kind === id.kind && row.id.sha256 === id.sha256 && row.timestampBefore === before
  const known = rows.find((row) => isUnfinished(row) && isSame(row))
  const isEverywhere = target.kind !== 'group' && target.within === null
  const userHash = isEverywhere ? userHashOf(target.id) : '0'
  if (known !== undefined) return { ...known, userHash }
  const row = await newRow(servers.clickhouse, { id, before, by, state: 'asked' })
  const erasure = { ...row, userHash }
  await writeErasureRow(servers.clickhouse, erasure)
  return erasure
}

async function newRow(
  clickhouse: ErasePorts['servers']['clickhouse'],
  asked: Pick<Erasure, 'id' | 'state'> & {
    readonly before: number | null
    readonly by: string | null
  },
): Promise<Erasure> {
  return {
    erasureId: randomUUID(),
    id: asked.id,
    userHash: '0',
    timestampBefore: asked.before,
    askedAt: await clickhouseTime(clickhouse),
    askedBy: asked.by ?? `${userName()}@${hostname()}`,
    state: asked.state,
    announcedAt: null,
    announcedOffset: null,
    found: {},
    pending: {},
    finishedAt: null,
    receiptSha256: '',
    step: 1,
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
  { servers, topic }: ErasePorts,
  { target, by, isMeant }: Target,
  rows: readonly Erasure[],
  print: (lines: readonly string[]) => void,
): Promise<number> {
  const { clickhouse } = servers
  const id = idOf(target)
  const known = await topic.find(id)
  const nowMs = await clickhouseTime(clickhouse)
  if (known === undefined) {
    print([`This ${target.kind} is not erased: there is nothing to lift.`])
    return 1
  }
  const unfinished = rows.find((row) => isUnfinished(row) && row.id.sha256 === id.sha256)
  if (unfinished !== undefined) {
    print([`An erasure of this ${target.kind} is not done: end it first with --resume.`])
    return 1
  }
  if (!isMeant) {
    print([`Dry run: what comes of this ${target.kind} from now on would be kept again.`])
    return 0
  }
  const row = await newRow(clickhouse, { id, before: null, by, state: 'lifted' })
  const { erasureId, askedBy, askedAt } = row
  const announcedOffset = await topic.lift(id, nowMs, { erasureId, askedBy, askedAt })
  await writeErasureRow(clickhouse, {
    ...row,
    announcedAt: nowMs,
    announcedOffset,
    finishedAt: nowMs,
  })
  print([
    `Lifted: what is taken of this ${target.kind} from ${new Date(nowMs).toISOString()} on is kept.`,
  ])
  return 0
}
