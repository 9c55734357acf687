// What commands about other people's data ask ClickHouse, by their own functions.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  beginAudit,
  clearUserHashes,
  conditionOf,
  countKeys,
  deleteMarked,
  dropCounted,
  ERASED_TABLES,
  ErasureStalled,
  findEvents,
  findLinked,
  hideRows,
  markDestroyed,
  noteDays,
  readErasureRows,
  recount,
  removeReplaced,
  replacedParts,
  rewriteParts,
  untilPartsAreGone,
  writeErasureRow,
  type ClickHouse,
} from '@custom-events/clickhouse'
import { erasedIdOf, erasedInGroup } from '@custom-events/event'
import { findRefusedRows, selectionOf } from '../../cli/src/erase/shards/one-shard.ts'
import { exportRows } from '../../cli/src/export/export.ts'
import { applyAudited, retentionChanges } from '../../cli/src/retention/set-up-retention.ts'
import { configOf } from '../keeping/kept.ts'

/** With another connection, to the database of keys. */
export type Connected = ClickHouse & { readonly toKeys: () => ClickHouse }

export async function audits(clickhouse: ClickHouse): Promise<void> {
  const entry = await beginAudit(clickhouse, { command: 'erase', args: {} })
  await entry.end('done', {})
}

const NOBODY = erasedIdOf('user', 'nobody')

export async function destroysKeys(clickhouse: Connected): Promise<void> {
  await using keys = clickhouse.toKeys()
  for (const whose of [NOBODY, erasedInGroup('anonymous', 'nobody', 'nowhere')]) {
    await countKeys(keys, whose)
    await markDestroyed(keys, whose)
  }
  await deleteMarked(keys, '')
  await replacedParts(keys)
  await removeReplaced(keys, '')
  await audits(clickhouse)
}

const WAITING = { stop: new AbortController().signal, onWaiting: () => {} }
/** Looks, and waits for nothing. */
const HASTY = { stop: AbortSignal.abort(), onWaiting: () => {} }

async function ofStalled(error: unknown): Promise<void> {
  if (!(error instanceof ErasureStalled)) throw error
}

export async function erases(clickhouse: Connected): Promise<void> {
  const servers = { clickhouse, cluster: '' }
  const erasureId = randomUUID()
  const asked = {
    erasureId,
    id: NOBODY,
    userHash: '1',
    timestampBefore: null,
    askedAt: 0,
    askedBy: '',
  }
  const unknown = { announcedAt: null, announcedOffset: null, finishedAt: null, receiptSha256: '' }
  const row = { ...asked, ...unknown, state: 'done' as const, found: {}, pending: {}, step: 1 }
  const { selection, ids } = selectionOf(row)
  await readErasureRows(clickhouse)
  await writeErasureRow(clickhouse, row)
  await findEvents(servers, selection)
  await findLinked(servers, selection)
  await findRefusedRows(servers, ids, null)
  await noteDays(servers, erasureId, { ...selection, id: erasedIdOf('group', 'a') })
  for (const table of ['events', 'rejected_events', 'dead_letters', 'rollup_daily']) {
    const condition = table === 'events' ? conditionOf(selection) : 'version = 7'
    await hideRows(servers, { table, condition: table === 'rollup_daily' ? "group_id = 'nobody'" : condition }, WAITING) // prettier-ignore
    await rewriteParts({ servers, counting: servers }, table, WAITING)
  }
  for (const view of ['rollup_daily', 'catalogue_daily', 'catalogue']) {
    await clickhouse.command(`SYSTEM REFRESH VIEW ${view}_refresh`)
    await clickhouse.command(`OPTIMIZE TABLE ${view} FINAL`)
  }
  await recount(servers, erasureId, HASTY).catch(ofStalled)
  await dropCounted(servers, { erasureId, selection }, HASTY).catch(ofStalled)
  await clickhouse.command(
    "ALTER TABLE rollup_daily UPDATE users = 0, user_hashes = [] WHERE group_id = 'nobody'",
  )
  const account = async (): Promise<void> => {}
  await clearUserHashes(servers, row, { waiting: WAITING, account })
  for (const table of ERASED_TABLES) {
    await clickhouse.command(`ALTER TABLE ${table} MODIFY SETTING old_parts_lifetime = 60`)
    await clickhouse.query(`CHECK TABLE ${table}`)
  }
  await untilPartsAreGone({ servers, counting: servers }, HASTY).catch(ofStalled)
  await destroysKeys(clickhouse)
}

export async function retains(clickhouse: ClickHouse): Promise<void> {
  const days = 30_000 + Math.floor(Math.random() * 5_000) // never what is in force
  const config = configOf({
    CLICKHOUSE_RETENTION_DAYS: days,
    CLICKHOUSE_REJECTED_RETENTION_DAYS: days,
    CLICKHOUSE_DEAD_LETTERS_RETENTION_DAYS: days,
    CLICKHOUSE_ROLLUP_RETENTION_DAYS: days,
    AUDIT_RETENTION_DAYS: days,
  })
  const changes = await retentionChanges(clickhouse, config, { retention: new Map() })
  await applyAudited(clickhouse, { command: 'retention', changes, config })
}

export async function exports(clickhouse: ClickHouse): Promise<void> {
  const out = await mkdtemp(join(tmpdir(), 'custom-events-export-'))
  try {
    const subject = { group: 'a', user: null, anonymous: null, fromMs: null, toMs: null }
    const request = { ...subject, out, format: 'ndjson' as const, maxFileBytes: 1e6, by: undefined }
    const shards = [{ clickhouse }]
    await exportRows({ shards, request, topic: 't', stop: WAITING.stop, onProgress: () => {} })
    await audits(clickhouse)
  } finally {
    await rm(out, { recursive: true })
  }
}
