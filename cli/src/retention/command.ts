import { Command } from 'commander'
import type { RetentionRequest } from './run.ts'

const HELP = `
How long rows are kept is said by CLICKHOUSE_RETENTION_DAYS, CLICKHOUSE_REJECTED_RETENTION_DAYS, CLICKHOUSE_DEAD_LETTERS_RETENTION_DAYS,
CLICKHOUSE_ROLLUP_RETENTION_DAYS and AUDIT_RETENTION_DAYS, and of single events by x-retention-days in their tracking plans. Without
--apply it changes nothing: it tells what differs, and what of it would delete how many rows of which months. Setup does by
itself what deletes nothing.

Examples:
  npm run -s retention
  npm run -s retention -- --apply --by maria

Exit codes:
  0  nothing differs, or it was done   1  something differs, or it failed   64 wrong usage   78 wrong configuration`

/** @param run does it */
export function retentionCommand(run: (request: RetentionRequest) => Promise<void>): Command {
  return new Command('retention')
    .description('what is kept how long, and what a change of it deletes; put it into force')
    .option('--apply', 'put it into force: what is due then is deleted for good')
    .option('--by <name>', 'who does it, for the table audit; else the user of the system')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .action(async ({ apply = false, by }: { apply?: boolean; by?: string }) => {
      await run({ isApplied: apply, by })
    })
}
