// What each program asks ClickHouse, by its own functions; and its role without one right at a time.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  beginAudit,
  clearUserHashes,
  compareTables,
  conditionOf,
  countKeys,
  deleteKeys,
  dropCounted,
  ErasureStalled,
  fillHotColumns,
  findEvents,
  findLinked,
  hideRows,
  makeEventViews,
  markDestroyed,
  migrate,
  noteDays,
  proposeHotProperties,
  readErasureRows,
  recount,
  readTables,
  registerLogs,
  removeReplaced,
  replacedParts,
  rewriteParts,
  untilPartsAreGone,
  writeErasureRow,
  type ClickHouse,
} from '@custom-events/clickhouse'
import type { Grant, Role } from '@custom-events/clickhouse/access'
import { eventAvroSchema, rejectedAvroSchema } from '@custom-events/codec'
import { erasedIdOf } from '@custom-events/event'
import { createLogger } from '@custom-events/runtime'
import { findRefusedRows, selectionOf } from '../../cli/src/erase/erase.ts'
import { exportRows } from '../../cli/src/export/export.ts'
import { applyAudited, retentionChanges } from '../../cli/src/retention/set-up-retention.ts'
import { configOf } from '../keeping/kept.ts'
import { readDeadLetters } from '../../cli/src/replay/sources/dead-letter-rows.ts'
import { newestCopies } from '../../cli/src/replay/sources/newest.ts'
import { readRejectedEvents } from '../../cli/src/replay/sources/rejected-rows.ts'
import { insertSettled } from '../../services/consumer/src/complete/settled-rows.ts'
import { avroRoute, deadLetterRoute } from '../../services/consumer/src/read/route.ts'
import { sealKeyRoute } from '../../services/consumer/src/read/seal-key-route.ts'

const LOG = { topic: 't', topicId: 'id', clusterId: 'c', generation: 1 }
/** One that nobody has registered. */
const newLog = (): typeof LOG => ({ ...LOG, topicId: randomUUID() })
const registry = { schema: () => Promise.reject(new Error('nothing is decoded here')) }
const ROUTES = [
  avroRoute({ topic: 't', table: 'events', readerSchema: eventAvroSchema, registry }),
  avroRoute({ topic: 'r', table: 'rejected_events', readerSchema: rejectedAvroSchema, registry }),
  deadLetterRoute('d'),
].map((route) => route.of(LOG))

/** With another connection, to the database of keys. */
type Connected = ClickHouse & { readonly toKeys: () => ClickHouse }

async function consumes(clickhouse: Connected): Promise<void> {
  await registerLogs(clickhouse, [newLog()], 'consumer')
  for (const route of ROUTES) await inserts(clickhouse, route)
  const row = { topic: 't', generation: 1, partition: 0, nextOffset: 1, lostBefore: 0 }
  await insertSettled(clickhouse, [{ ...row, completeUntilMs: 1, recordedAtMs: 1 }])
  await clickhouse.query('SELECT name, behind_seconds FROM rollup_freshness')
  await using keys = clickhouse.toKeys()
  await inserts(keys, sealKeyRoute({ topic: 'k', clickhouse: keys }).of(LOG))
  await keys.query('SELECT DISTINCT key_id FROM destroyed_keys LIMIT 0')
}

async function inserts(
  clickhouse: ClickHouse,
  { table, timeColumn, identity, columns }: (typeof ROUTES)[number],
): Promise<void> {
  await clickhouse.viewsOn(table)
  const question = {
    table,
    timeColumn,
    identity,
    generation: 1,
    ranges: [{ partition: 0, from: 0, to: 1 }],
    time: { minMs: 0, maxMs: Date.now() },
  }
  await clickhouse.recordsPresent(question)
  await clickhouse.highestOffsets(question)
  for (const into of [table, `${table}_probe`]) {
    const names = columns.map((name) => `\`${name}\``).join(', ')
    await clickhouse.command(`INSERT INTO ${into} (${names}) FORMAT JSONEachRow\n`)
  }
}

async function replays(clickhouse: ClickHouse): Promise<void> {
  const filter = { sinceMs: 0, untilMs: Date.now(), codes: [], groupId: null, isForced: false }
  await clickhouse.query('SELECT resolution FROM rejected_events LIMIT 0')
  await registerLogs(clickhouse, [newLog()], 'replay')
  for (const rows of [
    readRejectedEvents(clickhouse, filter),
    readDeadLetters(clickhouse, filter),
  ]) {
    await rows.page(null)
    await rows.countResolved()
  }
  await audits(clickhouse)
  await newestCopies(clickhouse, [{ group_id: 'a', event: 'b', timestamp: 0, event_id: 'c' }])
}

/** One view is new, one is changed, and that of the last time is gone. */
async function makesViews(clickhouse: ClickHouse): Promise<void> {
  const description = randomUUID()
  const { failed } = await makeEventViews({
    clickhouse,
    plans: ['feature_used', `event ${description}`].map((event) => ({
      file: 'p.json',
      event,
      description,
      properties: [],
    })),
    hotProperties: [],
    personalProperties: [],
    maxViews: 10,
  })
  if (failed.length > 0) throw new Error(failed.join('\n'))
}

async function hotProperties(clickhouse: ClickHouse): Promise<void> {
  await proposeHotProperties({
    clickhouse,
    hotProperties: [],
    days: 1,
    limit: 5,
    isPersonal: () => false,
  })
  await clickhouse.command(
    "ALTER TABLE events MATERIALIZE COLUMN amount IN PARTITION ID '197001' SETTINGS mutations_sync = 0",
  )
  await fillHotColumns({
    clickhouse,
    columns: ['amount'],
    cluster: '',
    stop: new AbortController().signal,
    onProgress: () => {},
  })
}

async function setsUp(clickhouse: ClickHouse): Promise<void> {
  await migrate({ clickhouse, log: createLogger({ service: 'test', level: 'silent' }) })
  compareTables(await readTables(clickhouse), {})
  await registerLogs(clickhouse, [newLog()], 'setup')
  await makesViews(clickhouse)
  await clickhouse.command('ALTER TABLE events ADD COLUMN IF NOT EXISTS hot Nullable(String)')
  await clickhouse.command('ALTER TABLE events DROP COLUMN hot')
}

async function audits(clickhouse: ClickHouse): Promise<void> {
  const entry = await beginAudit(clickhouse, { command: 'erase', args: {} })
  await entry.end('done', {})
}

const NOBODY = erasedIdOf('user', 'nobody')

async function destroysKeys(clickhouse: Connected): Promise<void> {
  await using keys = clickhouse.toKeys()
  await countKeys(keys, NOBODY)
  await markDestroyed(keys, NOBODY)
  await deleteKeys(keys, NOBODY, '')
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

const ERASED_TABLES = [
  'events',
  'rejected_events',
  'dead_letters',
  'rollup_daily',
  'catalogue_daily',
  'catalogue',
  'erasure_days', // prettier-ignore
]

async function erases(clickhouse: Connected): Promise<void> {
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
  await findEvents(clickhouse, selection)
  await findLinked(clickhouse, selection)
  await findRefusedRows(servers, ids, null)
  await noteDays(servers, erasureId, { ...selection, id: erasedIdOf('group', 'a') })
  for (const table of ['events', 'rejected_events', 'dead_letters', 'rollup_daily']) {
    const condition = table === 'events' ? conditionOf(selection) : 'version = 7'
    await hideRows(servers, { table, condition: table === 'rollup_daily' ? "group_id = 'nobody'" : condition }, WAITING) // prettier-ignore
    await rewriteParts(servers, table, WAITING)
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
  }
  await untilPartsAreGone(servers, HASTY).catch(ofStalled)
  await destroysKeys(clickhouse)
}

async function retains(clickhouse: ClickHouse): Promise<void> {
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

async function exports(clickhouse: ClickHouse): Promise<void> {
  const out = await mkdtemp(join(tmpdir(), 'custom-events-export-'))
  try {
    const subject = { group: 'a', user: null, anonymous: null, fromMs: null, toMs: null }
    const request = { ...subject, out, format: 'ndjson' as const, maxFileBytes: 1e6, by: undefined }
    await exportRows({ clickhouse, request, topic: 't', stop: WAITING.stop, onProgress: () => {} })
    await audits(clickhouse)
  } finally {
    await rm(out, { recursive: true })
  }
}

/** By the name of its role. */
export const PROGRAMS: Readonly<Record<string, (clickhouse: Connected) => Promise<void>>> = {
  eraser: erases,
  destroy_keys: destroysKeys,
  retention: retains,
  export: exports,
  writer: consumes,
  replay: replays,
  views: makesViews,
  hot_properties: hotProperties,
  setup: setsUp,
}

/** One right to one thing. */
export interface Part {
  readonly right: string
  readonly on: string
  readonly column: string | null
}

/** Every right of a role by itself; those of clusters are left out, here is none. */
export function partsOf({ grants }: Role): readonly Part[] {
  const all = grants
    .filter(({ isOfClusters = false }) => !isOfClusters)
    .flatMap(({ rights, on, columns = [null] }) =>
      rights.flatMap((right) =>
        on.flatMap((place) => columns.map((column) => ({ right, on: place, column }))),
      ),
    )
  const parts = [...new Map(all.map((part) => [JSON.stringify(part), part])).values()]
  // A right to the whole table is one to each column.
  const isWhole = ({ right, on, column }: Part): boolean =>
    column !== null &&
    parts.some((other) => other.right === right && other.on === on && other.column === null)
  return parts.filter((part) => !isWhole(part))
}

/** The same role with these rights, under another name. */
export function roleOf(role: Role, name: string, parts: readonly Part[]): Role {
  const grants: readonly Grant[] = parts.map(({ right, on, column }) => ({
    rights: [right],
    on: [on],
    without: '',
    ...(column === null ? {} : { columns: [column] }),
  }))
  return { ...role, name: name as Role['name'], grants } // a role that only this test has
}
