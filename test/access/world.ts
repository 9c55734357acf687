// A ClickHouse of its own, as setup makes it, with the logins of every role and of two accounts.
import {
  addAccount,
  createClickHouse,
  keysDatabase,
  makeEventViews,
  migrate,
  type ClickHouse,
} from '@custom-events/clickhouse'
import { startClickHouse, type ClickHouseEnvironment } from '@custom-events/embedded'
import type { RoleName } from '@custom-events/clickhouse/access'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'

/** What no answer to anybody else may hold: it is in every text of the rows of the other account. */
export const CANARY = 'zq7canary'
export const OWN = 'acme'
/** An account whose name is all that could break out of SQL, XML and HTTP. */
export const FOREIGN = `${CANARY}'"\`\\-%2F <&>\u00e9\u{1f600}`
/** Numbers that mean nothing else: one of them in an answer counts rows of the other account. */
export const OWN_ROWS = 41
export const FOREIGN_ROWS = 1_187

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

export interface World extends AsyncDisposable {
  readonly url: string
  readonly database: string
  /** As somebody who may do everything. */
  readonly clickhouse: ClickHouse
  readonly environmentOf: (role: RoleName | 'own' | 'foreign') => ClickHouseEnvironment
  /** @param search of the address, beside the database */
  readonly ask: (
    role: RoleName | 'own' | 'foreign' | 'full',
    sql: string,
    search?: Readonly<Record<string, string>>,
  ) => Promise<Answer>
}

const DATABASE = 'custom_events'

export async function openWorld(): Promise<World> {
  const server = await startClickHouse({ database: DATABASE })
  const connect = (environment: ClickHouseEnvironment): ClickHouse =>
    createClickHouse({ ...environment, CLICKHOUSE_DATABASE: DATABASE })
  const clickhouse = connect(server.environment)
  const setup = connect(server.as('setup'))
  await migrate({ clickhouse: setup, log: createLogger({ service: 'test', level: 'silent' }) })
  await fill(clickhouse)
  await makeEventViews({
    clickhouse: setup,
    plans: [{ file: 'p.json', event: 'feature_used', description: null, properties: [] }],
    hotProperties: [],
    personalProperties: [],
    maxViews: 10,
  })
  const add = (groupId: string) => addAccount(setup, groupId, { onCluster: '' })
  const [own, foreign] = [await add(OWN), await add(FOREIGN)]
  await setup[Symbol.asyncDispose]()
  const environmentOf = (role: RoleName | 'own' | 'foreign'): ClickHouseEnvironment => {
    if (role !== 'own' && role !== 'foreign') return server.as(role)
    const { login, password } = role === 'own' ? own : foreign
    return { CLICKHOUSE_URL: server.url, CLICKHOUSE_USER: login, CLICKHOUSE_PASSWORD: password }
  }
  return {
    url: server.url,
    database: DATABASE,
    clickhouse,
    environmentOf,
    ask: async (role, sql, search = {}) => {
      const environment = role === 'full' ? server.environment : environmentOf(role)
      const inUrl = new URLSearchParams({ database: DATABASE, ...search })
      const response = await fetch(`${server.url}/?${inUrl.toString()}`, {
        method: 'POST',
        headers: { authorization: basic(environment) },
        body: sql,
      })
      return { status: response.status, text: await response.text(), headers: response.headers }
    },
    [Symbol.asyncDispose]: async () => {
      await clickhouse[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

function basic({ CLICKHOUSE_USER, CLICKHOUSE_PASSWORD }: ClickHouseEnvironment): string {
  return `Basic ${Buffer.from(`${CLICKHOUSE_USER}:${CLICKHOUSE_PASSWORD}`).toString('base64')}`
}

/** Rows of both accounts in every table, two parts each, one of them with older copies; counted by the rollups. */
async function fill(clickhouse: ClickHouse): Promise<void> {
  const columns =
    'group_id, event, timestamp, event_id, user_id, anonymous_id, properties, context, source, version, set_received_at'
  const rows = (group: string, count: number, version: number): object[] =>
    Array.from({ length: count }, (_, index) => ({
      group_id: group,
      event: index % 2 === 0 ? 'feature_used' : `${group === OWN ? 'own' : CANARY} event`,
      timestamp: `2026-03-${String(1 + (index % 28)).padStart(2, '0')} 10:00:00.000`,
      event_id: `${group}-${index}`,
      user_id: `${group}-user-${index % 7}`,
      anonymous_id: null,
      properties: JSON.stringify({ amount: index, secret: `${group}-secret-${index}` }),
      context: JSON.stringify({ from: group }),
      source: group === OWN ? 'own' : CANARY,
      version: version + index,
      set_received_at: '2026-03-30 10:00:00.000',
    }))
  for (const version of [100_000, 200_000]) {
    const lines = [...rows(OWN, OWN_ROWS, version), ...rows(FOREIGN, FOREIGN_ROWS, version)]
    await clickhouse.command(
      `INSERT INTO events (${columns}) FORMAT JSONEachRow\n${lines.map((line) => JSON.stringify(line)).join('\n')}`,
    )
  }
  await clickhouse.command(
    `INSERT INTO rejected_events (received_at, code, request_id, index, group_id, raw, errors, version)
     SELECT now64(3), 'invalid', 'r', number, {group:String}, {group:String}, '[]', 1 FROM numbers(3)`,
    { group: FOREIGN },
  )
  await clickhouse.command(
    `INSERT INTO dead_letters (source_topic, source_offset, stage, key, value, version)
     SELECT 't', number, 'insert', {group:String}, {group:String}, 1 FROM numbers(3)`,
    { group: FOREIGN },
  )
  const group = { group: FOREIGN }
  await clickhouse.command(
    `INSERT INTO erasures (erasure_id, kind, id_sha256, asked_by, state)
     SELECT generateUUIDv4(), 'group', lower(hex(SHA256({group:String}))), {group:String}, 'done'`,
    group,
  )
  await clickhouse.command(
    `INSERT INTO erasure_days (erasure_id, group_id, event, day)
     SELECT generateUUIDv4(), {group:String}, 'other', toDate32('2025-01-01')`,
    group,
  )
  await clickhouse.command(
    `INSERT INTO audit (id, command, arguments, run_by) SELECT generateUUIDv4(), 'export', {group:String}, {group:String}`,
    group,
  )
  await clickhouse.command('INSERT INTO retention (event, days) SELECT {group:String}, 0', group)
  await clickhouse.command(
    `INSERT INTO ${keysDatabase(DATABASE)}.seal_keys (key_id, group_id, user_id, key, version)
     SELECT concat('p', {group:String}), {group:String}, {group:String}, {group:String}, 1`,
    group,
  )
  await refreshed(clickhouse)
}

async function refreshed(clickhouse: ClickHouse): Promise<void> {
  const views = ['rollup_daily_refresh', 'catalogue_daily_refresh', 'catalogue_refresh']
  await eventually(
    async () => {
      for (const view of views) await clickhouse.command(`SYSTEM REFRESH VIEW ${view}`)
      const behind = await clickhouse.query(
        'SELECT * FROM rollup_freshness WHERE counted_until IS NULL',
      )
      if (behind.length > 0) throw new Error(`still behind: ${JSON.stringify(behind)}`)
    },
    { withinMs: 150_000, everyMs: 300 },
  )
}
