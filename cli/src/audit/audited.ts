import {
  beginAudit,
  type AuditedCommand,
  type AuditOutcome,
  type ClickHouse,
} from '@custom-events/clickhouse'
import { step, type Fix } from '../step.ts'
import { withoutIds } from './without-ids.ts'

/** How a command ended. */
export interface Told {
  readonly outcome: AuditOutcome
  readonly counts: Readonly<Record<string, number>>
}

/**
 * Runs a command between two rows of the table `audit`. When the first cannot be written nothing is run; a killed command is seen
 * by its missing end.
 *
 * @param does.hidden ids that the text of a failure must not have, however they are spelt.
 * @param does.fix what to do when the first row is refused; left out where the command is a step, which tells it.
 * @throws what `run` throws; {StepError} when the first row cannot be written; {Error} when only the end cannot
 */
export async function audited<T>(
  clickhouse: Pick<ClickHouse, 'query' | 'command' | 'user'>,
  command: AuditedCommand,
  {
    run,
    tell,
    hidden = [],
    fix,
  }: {
    readonly run: () => Promise<T>
    readonly tell: (result: T) => Told
    readonly hidden?: readonly string[]
    readonly fix?: Fix
  },
): Promise<T> {
  const begin = () => beginAudit(clickhouse, command)
  const entry = await (fix === undefined
    ? begin()
    : step('writing it into the table audit', fix, begin))
  let result: T
  try {
    result = await run()
  } catch (error) {
    // What went wrong is the failure to tell, not that it could not be written down.
    const message = error instanceof Error ? error.message : String(error)
    await entry.end('failed', {}, withoutIds(message, hidden)).catch(() => {})
    throw error
  }
  const { outcome, counts } = tell(result)
  await entry.end(outcome, counts).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `it is ${outcome}, but the table audit does not have its end (id ${entry.id}): ${reason}`,
      { cause: error },
    )
  })
  return result
}
