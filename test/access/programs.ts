// What each program asks ClickHouse, by its own functions; and its role without one right at a time.
import { randomUUID } from 'node:crypto'
import {
  compareTables,
  fillHotColumns,
  makeEventViews,
  migrate,
  proposeHotProperties,
  readShard,
  readTables,
  registerLogs,
  type ClickHouse,
} from '@custom-events/clickhouse'
import type { Grant, Role } from '@custom-events/clickhouse/access'
import { eventAvroSchema, rejectedAvroSchema } from '@custom-events/codec'
import { createLogger } from '@custom-events/runtime'
import { readDeadLetters } from '../../cli/src/replay/sources/dead-letter-rows.ts'
import { newestInShards } from '../../cli/src/replay/sources/newest.ts'
import { readRejectedEvents } from '../../cli/src/replay/sources/rejected-rows.ts'
import { insertSettled } from '../../services/consumer/src/complete/settled-rows.ts'
import { audits, destroysKeys, erases, exports, retains, type Connected } from './data-programs.ts'
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
  const newest = newestInShards([{ shard: 1, clickhouse }], 1)
  await newest([{ group_id: 'a', event: 'b', timestamp: 0, event_id: 'c' }])
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

type Program = (clickhouse: Connected) => Promise<void>

const programs: Readonly<Record<string, Program>> = {
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

/** By the name of its role. Each begins with the question which of several ClickHouses it asks. */
export const PROGRAMS: Readonly<Record<string, Program>> = Object.fromEntries(
  Object.entries(programs).map(([name, program]) => [
    name,
    async (clickhouse: Connected) => {
      await readShard(clickhouse)
      await program(clickhouse)
    },
  ]),
)

/** One right to one thing. */
export interface Part {
  readonly right: string
  readonly on: string
  readonly column: string | null
}

/** Every right of a role by itself; those of clusters and of several shards are left out, here is none. */
export function partsOf({ grants }: Role): readonly Part[] {
  const all = grants
    .filter(({ isOfClusters = false, isOfShards = false }) => !isOfClusters && !isOfShards)
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
