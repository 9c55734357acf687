import { Command } from 'commander'
import type { KeyOwner } from './report.ts'

const HELP = `
Whatever was sealed with these keys cannot be read any more: in ClickHouse, in Kafka, in dead letters, in any backup
of these. It cannot be undone. Rows stay, and what was not sealed in them.

A user's and a visitor's keys sealed the properties marked "x-seal": "person", those of an account also "account".

Exit codes:
  0  destroyed, or there was none
  1  not done, or not whole: the output says what and why; repeat it
  64 wrong usage   78 wrong configuration`

interface Flags {
  readonly user?: string
  readonly group?: string
  readonly anonymous?: string
}

/** @param run does it. */
export function destroyKeysCommand(run: (owner: KeyOwner) => Promise<void>): Command {
  const command = new Command('destroy-keys')
  return command
    .description("destroy the keys that somebody's properties are sealed with")
    .option('--user <id>', 'of this user_id, in every account')
    .option('--group <id>', 'of this account and of everybody in it')
    .option('--anonymous <id>', 'of this anonymous_id, in every account')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .action(async ({ user, group, anonymous }: Flags) => {
      const owners: readonly KeyOwner[] = [
        ...(user === undefined ? [] : [{ kind: 'user' as const, id: user }]),
        ...(group === undefined ? [] : [{ kind: 'group' as const, id: group }]),
        ...(anonymous === undefined ? [] : [{ kind: 'anonymous' as const, id: anonymous }]),
      ]
      const [owner] = owners
      if (owner === undefined || owners.length > 1 || owner.id === '') {
        return command.error('error: one of --user, --group or --anonymous, with an id')
      }
      await run(owner)
    })
}
