import { Command } from 'commander'
import { namedBy, type NamingFlags } from '../erase/request.ts'
import type { DestroyRequest } from './run.ts'

const HELP = `
Without --yes nothing is changed: it is counted how many keys would go.

Whatever was sealed with these keys cannot be read any more: in ClickHouse, in Kafka, in dead letters, in any backup
of these. It cannot be undone. Rows stay, and what was not sealed in them.

A user's and a visitor's keys sealed the properties marked "x-seal": "person", those of an account also "account".
With --user and --group together only the person within that account is meant. An id that has keys in more than one account
is refused without --group, unless --in-all-accounts says that it is one person.

Examples:
  npm run -s destroy-keys -- --user user_456 --group account_789
  npm run -s destroy-keys -- --user user_456 --group account_789 --yes --by maria

Exit codes:
  0  destroyed, or there was none; without --yes: it was counted
  1  not done, or not whole: the output says what and why; repeat it
  64 wrong usage   78 wrong configuration   130 stopped by Ctrl-C: repeat it`

interface Flags extends NamingFlags {
  readonly yes: boolean
  readonly by?: string
}

/** @param run does it. */
export function destroyKeysCommand(run: (request: DestroyRequest) => Promise<void>): Command {
  const command = new Command('destroy-keys')
  return command
    .description("destroy the keys that somebody's properties are sealed with")
    .option('--user <id>', 'of this user_id')
    .option('--anonymous <id>', 'of this anonymous_id')
    .option(
      '--group <id>',
      'the account that the person is of; alone: of it and of everybody in it',
    )
    .option('--in-all-accounts', 'the user or visitor is one person in all accounts', false)
    .option('--yes', 'do it', false)
    .option('--by <name>', 'who does it, for the table audit; else the user of the system')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .action(async (flags: Flags) => {
      const owner =
        namedBy(flags, (problem) => command.error(`error: ${problem}`)) ??
        command.error('error: one of --user, --group or --anonymous is needed')
      const { inAllAccounts: isInAllAccounts, yes: isMeant, by } = flags
      await run({ owner, isInAllAccounts, isMeant, by })
    })
}
