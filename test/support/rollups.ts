// A database with rollups, and the truth about its events kept beside it.
import { randomUUID } from 'node:crypto'
import {
  createClickHouse,
  migrate,
  type ClickHouse,
  type MigrateOptions,
} from '@custom-events/clickhouse'
import { createLogger } from '@custom-events/runtime'
import { eventually } from './eventually.ts'
import type { Servers } from './server-addresses.ts'

export interface Copy {
  readonly group_id: string
  readonly event: string
  /** As ClickHouse writes it: `2026-01-31 09:30:00.123`. */
  readonly timestamp: string
  readonly event_id: string
  readonly user_id: string | null
  readonly anonymous_id: string | null
  /** JSON object text. */
  readonly properties: string
  readonly version: number
  /** Of inserted_at. @default now */
  readonly set_inserted_at?: string
}

/** All named: without names, an INSERT passes over columns that are not kept. */
const INSERTED =
  'group_id, event, timestamp, event_id, user_id, anonymous_id, properties, version, set_received_at, set_inserted_at'

export interface RolledUp extends AsyncDisposable {
  readonly clickhouse: ClickHouse
  readonly migrate: (
    options: Pick<MigrateOptions, 'personalProperties' | 'hotProperties'>,
  ) => Promise<void>
  readonly insert: (copies: readonly Copy[]) => Promise<void>
  /** Waits until the rollups have counted everything that is in `events` now. */
  readonly refresh: () => Promise<void>
  /** Empties the rollups: the next refresh counts everything. */
  readonly empty: () => Promise<void>
  /** No refresh begins any more; none is under way. */
  readonly stop: () => Promise<void>
  /** As if all refreshes had been an hour earlier: the next one takes a month in turn. */
  readonly anHourPasses: () => Promise<void>
}

export async function openRolledUp(servers: Pick<Servers, 'environment'>): Promise<RolledUp> {
  const CLICKHOUSE_DATABASE = `rollups_${randomUUID().slice(0, 8)}`
  const clickhouse = createClickHouse({ ...servers.environment, CLICKHOUSE_DATABASE })
  const log = createLogger({ service: 'test', level: 'silent' })
  await migrate({ clickhouse, log })
  const stop = async (): Promise<void> => {
    for (const view of VIEWS) await clickhouse.command(`SYSTEM STOP VIEW ${view}`)
  }
  const refresh = async (): Promise<void> => {
    const [row] = await clickhouse.query<{ now: string }>('SELECT toString(now64(3)) AS now')
    await eventually(
      async () => {
        for (const view of VIEWS) await clickhouse.command(`SYSTEM REFRESH VIEW ${view}`)
        const behind = await clickhouse.query(
          `SELECT * FROM rollup_freshness WHERE counted_until IS NULL OR counted_until < {now:DateTime64(3)}`,
          { now: row?.now },
        )
        if (behind.length > 0) throw new Error(`still behind: ${JSON.stringify(behind)}`)
      },
      // Seldom: each look is three refreshes more, for an engine that other tests use as well.
      { withinMs: 150_000, everyMs: 300 },
    )
    for (const view of VIEWS) await clickhouse.command(`SYSTEM WAIT VIEW ${view}`)
  }
  return {
    clickhouse,
    migrate: async (options) => {
      await migrate({ clickhouse, log, ...options })
    },
    insert: async (copies) => {
      const rows = copies.map((copy) =>
        JSON.stringify({ set_received_at: copy.timestamp, ...copy }),
      )
      await clickhouse.command(
        `INSERT INTO events (${INSERTED}) FORMAT JSONEachRow\n${rows.join('\n')}`,
      )
    },
    refresh,
    empty: async () => {
      await refresh() // so that none is under way
      for (const table of TABLES) await clickhouse.command(`TRUNCATE TABLE ${table}`)
    },
    stop,
    anHourPasses: async () => {
      await stop()
      for (const table of TABLES) {
        await clickhouse.command(`CREATE OR REPLACE TABLE older AS ${table}`)
        await clickhouse.command(
          `INSERT INTO older SELECT * REPLACE (refreshed_at - INTERVAL 1 HOUR AS refreshed_at) FROM ${table}`,
        )
        await clickhouse.command(`TRUNCATE TABLE ${table}`)
        await clickhouse.command(`INSERT INTO ${table} SELECT * FROM older`)
      }
      for (const view of VIEWS) await clickhouse.command(`SYSTEM START VIEW ${view}`)
    },
    [Symbol.asyncDispose]: async () => {
      await clickhouse.command(`DROP DATABASE ${CLICKHOUSE_DATABASE}`)
      await clickhouse[Symbol.asyncDispose]()
    },
  }
}

const VIEWS = ['rollup_daily_refresh', 'catalogue_daily_refresh', 'catalogue_refresh']
/** What is counted; `catalogue` is summed up from the second. */
const TABLES = ['rollup_daily', 'catalogue_daily']
