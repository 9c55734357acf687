import { Command, Option } from 'commander'
import { addCodes, parseMoment } from './options.ts'
import type { ReplayRequest } from './run.ts'

const HELP = `
What can be replayed is everything that is open: refused, and not ended by an earlier replay.
  dead-letters  records that the consumer set aside (table dead_letters)
  rejected      events that ingest refused (table rejected_events)

It is configured by the variables of the services: those of the consumer, and for rejected events also
those of ingest (AUTH_MODE, WRITE_KEYS_FILE, EVENT_...).

Examples:
  npm run -s replay -- --from rejected --dry-run
  npm run -s replay -- --from rejected --since 2h --code invalid_timestamp
  npm run -s replay -- --from dead-letters --since 2026-01-31 --until 2026-02-01 --group-id account_1

Exit codes:
  0  everything found was replayed, or superseded by a copy as new; with --dry-run: it was counted
  1  some of it stays open, or a server is away; the output says what and why
  64 wrong usage   78 wrong configuration   130 stopped by Ctrl-C

Running it again is harmless: what was replayed is not replayed twice.`

interface Flags {
  readonly from?: 'dead-letters' | 'rejected'
  readonly since?: number
  readonly until?: number
  readonly code: readonly string[]
  readonly groupId?: string
  readonly force: boolean
  readonly dryRun: boolean
  readonly by?: string
}

/**
 * The last time that a table can hold. Rejected events have the time of the clock of ingest, which may have been ahead; none
 * comes of a replay. A dead letter may become another, so those have an end.
 */
const NO_END = Date.UTC(2300, 0, 1) - 1

/** @param run does it; its result is the exit code. */
export function replayCommand(
  run: (request: ReplayRequest) => Promise<void>,
  now: () => number = Date.now,
): Command {
  const startedAt = now()
  const moment = (input: string): number => parseMoment(input, startedAt)
  const command = new Command('replay')
  return command
    .description('put what was refused through the normal way again, after its cause was mended')
    .addOption(
      new Option('--from <source>', 'what to replay').choices(['dead-letters', 'rejected']),
    )
    .option(
      '--since <time>',
      'only what was refused since then: a time, or 90s, 30m, 2h, 7d',
      moment,
    )
    .option(
      '--until <time>',
      'only what was refused until then (default: now for dead letters, no end for rejected events)',
      moment,
    )
    .option('--code <code>', 'only what was refused with this code; may be repeated', addCodes, [])
    .option('--group-id <id>', 'only of this account')
    .option('--force', 'also what is superseded: an older copy wins over a newer one', false)
    .option('--by <name>', 'who does it, for the table audit; else the user of the system')
    .option('--dry-run', 'count, and change nothing', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .action(async (flags: Flags) => {
      const { from, since = 0, code, groupId = null, force, dryRun } = flags
      const { until = from === 'rejected' ? NO_END : startedAt } = flags
      // Not commander's own check: it comes before the one that suggests --from for --form.
      if (from === undefined) return command.error('error: --from dead-letters or --from rejected?')
      if (since > until) command.error('error: --since lies after --until')
      await run({
        from,
        isDryRun: dryRun,
        ...(flags.by === undefined ? {} : { by: flags.by }),
        filter: {
          sinceMs: since,
          untilMs: until,
          codes: code,
          groupId,
          isForced: force,
        },
      })
    })
}
