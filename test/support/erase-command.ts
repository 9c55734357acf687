import { ERASED_TABLES } from '@custom-events/clickhouse'
import { runCli, type CliEnded, type CliOptions } from './cli-command.ts'

/** Little, so that tests need not wait as long as consumers that may be anywhere. */
export const QUICK_ERASURES = { ERASE_SETTLE_SECONDS: '2', ERASURES_MAX_AGE_MS: '1000' }

/** `custom-events erase` as an operator runs it. */
export function runErase(
  args: readonly string[],
  { environment, ...options }: CliOptions,
): Promise<CliEnded> {
  return runCli(['erase', ...args], {
    ...options,
    environment: { ...QUICK_ERASURES, ...environment },
  })
}

/** The receipt that it printed. */
export function receiptIn({ stdout }: Pick<CliEnded, 'stdout'>): Record<string, unknown> {
  const text = /^\{\n[^]*?\n\}$/m.exec(stdout)?.[0] ?? 'null'
  return JSON.parse(text) as Record<string, unknown> // the caller knows its members
}

/**
 * An erasure waits until replaced parts are off the disk, for a minute where nobody has said otherwise: here somebody has, and
 * it waits for seconds.
 *
 * @param command a statement, in the database of the tables.
 */
export async function keepPartsBriefly(command: (sql: string) => Promise<unknown>): Promise<void> {
  const settings =
    'old_parts_lifetime = 1, cleanup_delay_period = 1, max_cleanup_delay_period = 1, cleanup_delay_period_random_add = 0'
  for (const table of ERASED_TABLES)
    await command(`ALTER TABLE ${table} MODIFY SETTING ${settings}`)
}
