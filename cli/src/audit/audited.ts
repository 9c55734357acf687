import {
  beginAudit,
  type AuditedCommand,
  type AuditOutcome,
  type ClickHouse,
} from '@custom-events/clickhouse'

/** How a command ended. */
export interface Told {
  readonly outcome: AuditOutcome
  readonly counts: Readonly<Record<string, number>>
}

/**
 * Runs a command between two rows of the table `audit`. When the first cannot be written nothing is run; a killed command is seen
 * by its missing end.
 * @throws what `run` throws; else {Error} when only the end cannot be written
 */
export async function audited<T>(
  clickhouse: Pick<ClickHouse, 'query' | 'command'>,
  command: AuditedCommand,
  { run, tell }: { readonly run: () => Promise<T>; readonly tell: (result: T) => Told },
): Promise<T> {
  const entry = await beginAudit(clickhouse, command)
  let result: T
  try {
    result = await run()
  } catch (error) {
    // What went wrong is the failure to tell, not that it could not be written down.
    await entry
      .end('failed', {}, error instanceof Error ? error.message : String(error))
      .catch(() => {})
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
