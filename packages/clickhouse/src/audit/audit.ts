import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import type { ClickHouse } from '../client/clickhouse.ts'

/** What a command is about to do. */
export interface AuditedCommand {
  readonly command: string
  /** As it was called. The caller leaves secrets out, and puts `hashOfId` in place of the ids of persons. */
  readonly args: Readonly<Record<string, unknown>>
  /** Who runs it, as they say themselves. @default the user of the operating system */
  readonly by?: string | undefined
}

export type AuditOutcome = 'done' | 'stopped' | 'failed'

/** One run of a command that is written down; to be ended once. */
export interface AuditEntry {
  readonly id: string
  /** @param counts what was done, in numbers; said of a failed command, too. @throws {ClickHouseFailure} */
  readonly end: (
    outcome: AuditOutcome,
    counts: Readonly<Record<string, number>>,
    message?: string,
  ) => Promise<void>
}

/**
 * Writes into the table `audit` that a command begins. Resolves when it is there: what is not written down must not be done.
 * @throws {ClickHouseFailure}
 */
export async function beginAudit(
  clickhouse: Pick<ClickHouse, 'query' | 'command' | 'user'>,
  { command, args, by }: AuditedCommand,
): Promise<AuditEntry> {
  const id = randomUUID()
  const osUser = osUserName()
  const [clock] = await clickhouse.query<{ readonly now: string }>(
    `SELECT toString(now64(3, 'UTC')) AS now`,
  )
  if (clock === undefined) throw new Error('ClickHouse did not tell the time')
  const write = (end: {
    readonly outcome: 'begun' | AuditOutcome
    readonly counts: Readonly<Record<string, number>>
    readonly message: string
  }): Promise<void> =>
    clickhouse.command(INSERT, {
      id,
      began: clock.now,
      command,
      arguments: JSON.stringify(args),
      by: by ?? osUser,
      osUser,
      host: hostname(),
      login: clickhouse.user,
      outcome: end.outcome,
      counts: JSON.stringify(end.counts),
      message: end.message.slice(0, MAX_MESSAGE_CHARS),
      step: end.outcome === 'begun' ? 0 : 1,
    })
  await write({ outcome: 'begun', counts: {}, message: '' })
  return { id, end: (outcome, counts, message = '') => write({ outcome, counts, message }) }
}

const MAX_MESSAGE_CHARS = 2_000

const INSERT = `INSERT INTO audit
  (id, began_at, ended_at, command, arguments, run_by, os_user, host, login, outcome, counts, message, step)
  SETTINGS async_insert = 0
  SELECT {id:UUID}, parseDateTime64BestEffort({began:String}, 3, 'UTC'), if({step:UInt8} = 0, NULL, now64(3, 'UTC')),
    {command:String}, {arguments:String}, {by:String}, {osUser:String}, {host:String}, {login:String},
    {outcome:String}, {counts:String}, {message:String}, {step:UInt8}`

/** A container may run as a number that no user has. */
function osUserName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? '')
  }
}
