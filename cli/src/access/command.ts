import { Command, InvalidArgumentError } from 'commander'
import { tooLong } from '../too-long.ts'
import type { AccountRequest } from './account.ts'

const HELP = `
The login sees tracked, the views of events and the rollups, and of them only rows of its account. Its password is
printed once, as CLICKHOUSE_USER and CLICKHOUSE_PASSWORD, and kept by nobody. The user that makes it may manage access
in ClickHouse; with the embedded one that is the user of setup.

Examples:
  npm run account -- add --group acme --by maria
  npm run account -- remove --group acme
  npm run account -- list

Exit codes:
  0  done   1  it failed; the output says why   64 wrong usage   78 wrong configuration`

/** @param run does it */
export function accountCommand(run: (request: AccountRequest) => Promise<void>): Command {
  const command = new Command('account')
    .description('logins in ClickHouse that see the rows of one account')
    .addHelpText('after', HELP)
  for (const action of ['add', 'remove'] as const) {
    command
      .command(action)
      .description(action === 'add' ? 'make a login, and print its password' : 'remove a login')
      .requiredOption('--group <group_id>', 'the account, as its events name it', groupId)
      .option('--by <name>', 'who does it, for the table audit; else the user of the system')
      .allowExcessArguments(false)
      .action(({ group, by }: { readonly group: string; readonly by?: string }) =>
        run({ action, groupId: group, by }),
      )
  }
  command
    .command('list')
    .description('every login of an account')
    .allowExcessArguments(false)
    .action(() => run({ action: 'list' }))
  return command
}

function groupId(text: string): string {
  if (text === '') throw new InvalidArgumentError('expected the id of an account, got nothing')
  const problem = tooLong('group', text)
  if (problem !== null) throw new InvalidArgumentError(problem)
  return text
}
