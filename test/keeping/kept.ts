// Rows of known age, and what of them is kept.
import type { ClickHouse } from '@custom-events/clickhouse'
import { migrate } from '@custom-events/clickhouse'
import { createLogger } from '@custom-events/runtime'
import { retentionChanges, setUpRetention } from '../../cli/src/retention/set-up-retention.ts'
import { runRetention } from '../../cli/src/retention/run.ts'
import { retentionVariables } from '../../cli/src/retention/variables.ts'
import { ownDatabase } from '../support/own-database.ts'
import type { Servers } from '../support/server-addresses.ts'

export const DAY_MS = 86_400_000

type Days = Readonly<Partial<Record<keyof typeof retentionVariables, number>>>

/** Of all variables of retention: those that are not named leave everything as it is. */
export function configOf(days: Days) {
  const unset = Object.fromEntries(Object.keys(retentionVariables).map((name) => [name, -1]))
  return {
    ...(unset as Record<keyof typeof retentionVariables, number>), // every name is a key
    ...days,
    CLICKHOUSE_CLUSTER: '',
  }
}

export interface Kept extends AsyncDisposable {
  readonly clickhouse: ClickHouse
  readonly insert: (events: readonly InsertedEvent[]) => Promise<void>
  /** As setup does it. @returns what it printed */
  readonly setUp: (days: Days, plans?: ReadonlyMap<string, number | null>) => Promise<string>
  readonly changes: (
    days: Days,
    plans?: ReadonlyMap<string, number | null>,
  ) => ReturnType<typeof retentionChanges>
  /** Ids of the events that are there, in order. */
  readonly ids: () => Promise<readonly string[]>
}

export interface InsertedEvent {
  readonly id: string
  /** How many days ago it happened. */
  readonly daysAgo: number
  readonly event?: string
  readonly user?: string
}

export async function openKept(servers: Pick<Servers, 'environment'>): Promise<Kept> {
  const clickhouse = ownDatabase(servers, 'kept')
  await migrate({ clickhouse, log: createLogger({ service: 'test', level: 'silent' }) })
  // Merges look for what is due at once, not every few hours.
  for (const table of ['events', 'rollup_daily', 'catalogue_daily', 'dead_letters']) {
    await clickhouse.command(`ALTER TABLE ${table} MODIFY SETTING merge_with_ttl_timeout = 1`)
  }
  return {
    clickhouse,
    insert: async (events) => {
      const rows = events.map(({ id, daysAgo, event = 'signup', user = 'u' }) =>
        JSON.stringify({
          group_id: 'acme',
          event,
          timestamp: dayText(daysAgo),
          event_id: id,
          user_id: user,
          properties: `{"id":"${id}"}`,
          set_received_at: dayText(daysAgo),
        }),
      )
      await clickhouse.command(
        `INSERT INTO events (group_id, event, timestamp, event_id, user_id, properties, set_received_at)
         FORMAT JSONEachRow\n${rows.join('\n')}`,
      )
    },
    setUp: async (days, plans = new Map()) => {
      let said = ''
      const options = { config: configOf(days), plans: { retention: plans } }
      await setUpRetention(clickhouse, options, (line) => void (said += `${line}\n`))
      return said
    },
    changes: (days, plans = new Map()) =>
      retentionChanges(clickhouse, configOf(days), { retention: plans }),
    ids: async () => {
      const rows = await clickhouse.query<{ readonly id: string }>(
        'SELECT event_id AS id FROM events ORDER BY id',
      )
      return rows.map(({ id }) => id)
    },
    [Symbol.asyncDispose]: () => clickhouse[Symbol.asyncDispose](),
  }
}

/** Noon of a day, as ClickHouse reads it. */
export function dayText(daysAgo: number): string {
  const day = new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10)
  return `${day} 12:00:00.000`
}

const NO_TLS = {
  CLICKHOUSE_TLS_CA_FILE: '',
  CLICKHOUSE_TLS_CERT_FILE: '',
  CLICKHOUSE_TLS_KEY_FILE: '',
  CLICKHOUSE_TLS_KEY_PASSPHRASE: '',
}

/** `npm run retention`. @returns its exit code and what it printed */
export async function retention(
  { clickhouse }: Pick<Kept, 'clickhouse'>,
  servers: Pick<Servers, 'environment'>,
  { days, isApplied }: { readonly days: Days; readonly isApplied: boolean },
) {
  let said = ''
  const config = {
    ...servers.environment,
    ...configOf(days),
    ...NO_TLS,
    CLICKHOUSE_SHARD_URLS: [],
    CLICKHOUSE_DATABASE: clickhouse.database,
    TRACKING_PLANS_DIR: '',
    LOG_LEVEL: 'error' as const,
  }
  const print = (line: string): void => void (said += `${line}\n`)
  return { code: await runRetention({ isApplied, by: 'maria' }, config, print), said }
}
