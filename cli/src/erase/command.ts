import { Command } from 'commander'
import { parseMoment } from '../replay/options.ts'
import { namedBy, type EraseRequest, type NamingFlags } from './request.ts'

const HELP = `
Without --yes nothing is changed: it is counted what would go.

An erasure is written to Kafka, where ingest and the consumers read it: from then on events of the person are
answered "ignored" (reason "erased"), and no replay, refill or late record brings anything back. Then their rows
are deleted from ClickHouse: at once for every query, and within minutes from the disk. The receipt says what was
found. Killed at any moment, --resume goes on where it stopped.

With --user and --group together only the person within that account is erased: accounts may use one id for different
people. An id that more than one account has is refused without --group, unless --in-all-accounts says that it is one person.

The id is compared exactly, as it is stored; a number that was sent as a number is its digits. Neither Kafka nor
ClickHouse is told the id: both keep its SHA-256.

Examples:
  npm run -s erase -- --user user_456 --group account_789
  npm run -s erase -- --user user_456 --group account_789 --yes --by dpo@example.com --receipt user_456.json
  npm run -s erase -- --group account_789 --before 2026-01-01 --yes
  npm run -s erase -- --resume
  npm run -s erase -- --user user_456 --group account_789 --lift --yes
  npm run -s erase -- --list

Exit codes:
  0  done; without --yes: it was counted
  1  something is left to do, or a server is away; the output says what, and --resume goes on
  64 wrong usage   78 wrong configuration   130 stopped by Ctrl-C`

interface Flags extends NamingFlags {
  readonly before?: number
  readonly by?: string
  readonly receipt?: string
  readonly yes: boolean
  readonly resume: boolean
  readonly lift: boolean
  readonly list: boolean
  readonly discardUnreadable: boolean
}

/** @param run does it; its result is the exit code. */
export function eraseCommand(
  run: (request: EraseRequest) => Promise<void>,
  now: () => number = Date.now,
): Command {
  const startedAt = now()
  const command = new Command('erase')
  return command
    .description('erase a user, an account or an anonymous visitor, for good and for the future')
    .option('--user <id>', 'whose user_id it is')
    .option('--anonymous <id>', 'whose anonymous_id it is')
    .option('--group <id>', 'the account that the person is of; alone: the whole account')
    .option('--in-all-accounts', 'the user or visitor is one person in all accounts', false)
    .option(
      '--before <time>',
      'only what happened before: a time, or 90s, 30m, 2h, 7d ago',
      (input) => parseMoment(input, startedAt),
    )
    .option('--by <name>', 'who asks for it, for the record (default: user@host of this command)')
    .option('--receipt <file>', 'write the receipt there as well')
    .option('--resume', 'go on with the erasures that are not done', false)
    .option('--lift', 'keep what comes from now on; nothing that was erased comes back', false)
    .option('--list', 'show the erasures', false)
    .option('--discard-unreadable', 'take away records of erasures that cannot be read', false)
    .option('--yes', 'do it', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .action(async (flags: Flags) => {
      const { by = null, receipt = null, yes: isMeant } = flags
      const common = { by, receipt, isMeant }
      const target = namedBy(flags, (problem) => command.error(`error: ${problem}`))
      const modes = [flags.resume, flags.list, flags.discardUnreadable, target !== null]
      if (modes.filter(Boolean).length !== 1) {
        command.error(
          'error: one of --user, --group, --anonymous, --resume, --list or --discard-unreadable is needed',
        )
      }
      if (target === null && (flags.lift || flags.inAllAccounts || flags.before !== undefined)) {
        command.error(
          'error: --lift, --in-all-accounts and --before need --user, --group or --anonymous',
        )
      }
      if (target !== null) {
        const before = flags.before ?? null
        const kind = flags.lift ? 'lift' : 'erase'
        await run({ ...common, kind, target, before, isInAllAccounts: flags.inAllAccounts })
      } else if (flags.resume) await run({ ...common, kind: 'resume' })
      else await run({ ...common, kind: flags.list ? 'list' : 'discard-unreadable' })
    })
}
