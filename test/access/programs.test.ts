// Every program works with the rights of its role, and with each of them missing it says which one.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ClickHouseFailure,
  createClickHouse,
  keysDatabase,
  migrate,
  type ClickHouse,
} from '@custom-events/clickhouse'
import { roleNamed, ROLES, type RoleName } from '@custom-events/clickhouse/access'
import { clickhouseHeaders, startClickHouse, type OwnClickHouse } from '@custom-events/embedded'
import { createLogger } from '@custom-events/runtime'
import { examplesOf, readRecipes } from '../../tools/cookbook/recipe.ts'
import { eventually } from '../support/eventually.ts'
import { partsOf, PROGRAMS, roleOf, type Part } from './programs.ts'

const DATABASE = 'custom_events'

interface Variant {
  readonly program: string
  readonly name: string
  readonly missing: Part
}

const variants: readonly Variant[] = Object.keys(PROGRAMS).flatMap((program) =>
  partsOf(roleNamed(program as RoleName)).map((missing, index) => ({
    program,
    name: `${program}_${index}`,
    missing,
  })),
)

let server: OwnClickHouse
before(async () => {
  const others = variants.map(({ program, name, missing }) => {
    const role = roleNamed(program as RoleName)
    return roleOf(
      role,
      name,
      partsOf(role).filter((part) => JSON.stringify(part) !== JSON.stringify(missing)),
    )
  })
  server = await startClickHouse({ database: DATABASE, roles: [...ROLES, ...others] })
  await using full = connect('full')
  await migrate({ clickhouse: full, log: createLogger({ service: 'test', level: 'silent' }) })
  await full.command(
    `INSERT INTO events (group_id, event, timestamp, event_id, set_received_at, properties, version)
     VALUES ('a', 'feature_used', now64(3), 'x', now64(3), '{"amount":1,"price":2}', 1)`,
  )
  for (const view of ['catalogue_daily_refresh', 'catalogue_refresh', 'rollup_daily_refresh']) {
    await eventually(async () => {
      await full.command(`SYSTEM REFRESH VIEW ${view}`)
      await full.command(`SYSTEM WAIT VIEW ${view}`)
      const rows = await full.query("SELECT 1 FROM catalogue_properties WHERE property = 'price'")
      if (view === 'catalogue_refresh') assert.equal(rows.length, 1)
    })
  }
  // For hot-properties to find in the log: our own programs are not looked at.
  await fetch(`${server.url}/?database=${DATABASE}`, {
    method: 'POST',
    headers: clickhouseHeaders(server.environment),
    body: "SELECT JSONExtractFloat(properties, 'price') FROM tracked",
  })
})
after(() => server[Symbol.asyncDispose]())

function connect(role: string, database = DATABASE): ClickHouse {
  const environment = role === 'full' ? server.environment : server.as(role)
  return createClickHouse({ ...environment, CLICKHOUSE_DATABASE: database })
}

async function failureOf(program: string, role: string): Promise<string | null> {
  await using clickhouse = connect(role)
  try {
    const toKeys = (): ClickHouse => connect(role, keysDatabase(DATABASE))
    await PROGRAMS[program]?.({ ...clickhouse, toKeys })
    return null
  } catch (error) {
    if (error instanceof ClickHouseFailure && error.failure.code !== 497) throw error
    return error instanceof Error ? error.message : String(error)
  }
}

for (const program of Object.keys(PROGRAMS)) {
  test(`${program} works with the rights of its role`, async () => {
    assert.equal(await failureOf(program, program), null)
  })
}

/** The embedded engine shows these to everybody; a server does not. */
const isShownToAll = ({ on, right }: Part): boolean =>
  on.startsWith('system.') ||
  right === 'ALTER MATERIALIZE TTL' || // here ALTER TTL is enough
  right === 'SHOW USERS' ||
  right === 'SHOW ROLES'
/** Needed only when something is to be made that is there already. */
const FIRST_TIME = new Set(['CREATE DATABASE'])

for (const { program, name, missing } of variants) {
  if (isShownToAll(missing)) continue
  const { right, on, column } = missing
  test(`${program} without ${right}${column === null ? '' : `(${column})`} on ${on}`, async () => {
    const said = await failureOf(program, name)
    if (said === null && FIRST_TIME.has(right)) return
    assert.ok(said !== null, 'it works without, so that it need not have it')
    assert.match(said, /Not enough privileges|grant SHOW COLUMNS/)
    // Who may read nothing of a database is told that, and of what a view reads only the table.
    if (said.includes('SHOW DATABASES')) return
    if (!on.includes('*')) assert.ok(said.includes(on), said)
    const isOfView = said.includes(`SELECT ON ${DATABASE}.${on})`)
    if (column !== null && !isOfView) assert.ok(said.includes(column), said)
  })
}

test('a reader may ask every question of the cookbook', async () => {
  await using reader = connect('reader')
  const range = { from: '2026-01-01', to: '2026-02-01', tz: 'UTC' }
  const recipes = readRecipes()
  assert.ok(recipes.length > 30)
  for (const recipe of recipes) {
    await reader.query(recipe.sql, { ...range, ...examplesOf(recipe) })
  }
})
