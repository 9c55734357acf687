import {
  addAccount,
  ClickHouseFailure,
  createClickHouse,
  escapesOf,
  hashOfId,
  listAccounts,
  LoginStays,
  onCluster,
  removeAccount,
  withdraw,
  type NewAccountLogin,
} from '@custom-events/clickhouse'
import { accountLogin } from '@custom-events/clickhouse/access'
import { audited } from '../audit/audited.ts'
import { fix, step } from '../step.ts'
import type { AccessConfig } from './config.ts'

export type AccountRequest =
  { readonly action: 'add' | 'remove'; readonly groupId: string } | { readonly action: 'list' }

const ALREADY_THERE = 493
const UNKNOWN_USER = 192
const ACCESS_DENIED = 497

/**
 * `custom-events account`: logins in ClickHouse that see one account.
 *
 * @throws {StepError}
 */
export async function runAccount(
  request: AccountRequest,
  config: AccessConfig,
  print: (line: string) => void,
): Promise<void> {
  await using clickhouse = createClickHouse(config)
  const cluster = onCluster(config.CLICKHOUSE_CLUSTER)
  switch (request.action) {
    case 'add': {
      const made = await written(clickhouse, config, request, async () => {
        const login = await step('making the login', remedy(config), () =>
          addAccount(clickhouse, request.groupId, cluster),
        )
        await step('trying the login', afterTrying(request.groupId), () =>
          tryLogin(login, { clickhouse, config, cluster }),
        )
        return login
      })
      print(`CLICKHOUSE_USER=${made.login}`)
      print(`CLICKHOUSE_PASSWORD=${made.password}`)
      return
    }
    case 'remove':
      await written(clickhouse, config, request, () =>
        step('removing the login', remedy(config), () =>
          removeAccount(clickhouse, request.groupId, cluster),
        ),
      )
      print(`account ${JSON.stringify(request.groupId)} has no login any more`)
      return
    case 'list': {
      const accounts = await step('listing the logins', fix.clickhouse(config), () =>
        listAccounts(clickhouse),
      )
      for (const { login, groupId } of accounts) print(`${login}  ${JSON.stringify(groupId)}`)
      return
    }
    default:
      request satisfies never
  }
}

/** Written down in the table `audit`, of the account only a hash. */
function written<T>(
  clickhouse: Parameters<typeof audited>[0],
  config: AccessConfig,
  { action, groupId }: Exclude<AccountRequest, { readonly action: 'list' }>,
  run: () => Promise<T>,
): Promise<T> {
  const command = { command: 'account', args: { action, group_hash: hashOfId(groupId) } }
  const tell = () => ({ outcome: 'done' as const, counts: { logins: 1 } })
  const hidden = [accountLogin(groupId), groupId]
  return audited(clickhouse, command, { run, tell, hidden, fix: remedy(config) })
}

/** A login that sees more than its account is given to nobody. @throws {Error} saying what it saw */
async function tryLogin(
  { login, groupId, password }: NewAccountLogin,
  {
    clickhouse,
    config,
    cluster,
  }: {
    readonly clickhouse: Parameters<typeof removeAccount>[0]
    readonly config: AccessConfig
    readonly cluster: string
  },
): Promise<void> {
  try {
    const asAccount = { ...config, CLICKHOUSE_USER: login, CLICKHOUSE_PASSWORD: password }
    await using account = createClickHouse(asAccount)
    const escapes = await escapesOf(account, groupId)
    if (escapes.length > 0) throw new Error(`${login} sees ${escapes.join('; and ')}`)
  } catch (error) {
    await withdraw(error, login, () => removeAccount(clickhouse, groupId, cluster))
  }
}

function afterTrying(groupId: string) {
  return (error: unknown): string =>
    error instanceof LoginStays
      ? `nobody was given its password; remove it: npm run account -- remove --group ${JSON.stringify(groupId)}`
      : 'the login was removed again; nobody has it'
}

function remedy(config: AccessConfig) {
  return (error: unknown): string | Promise<string> => {
    const code = error instanceof ClickHouseFailure ? error.failure.code : null
    if (code === ALREADY_THERE) {
      return 'it has a login already, whose password nobody can read: remove it first to make another'
    }
    if (code === UNKNOWN_USER) return 'it has no login: see `npm run -s account -- list`'
    if (code === ACCESS_DENIED) {
      return `CLICKHOUSE_USER=${config.CLICKHOUSE_USER} may not manage access: use a user that may; with the embedded ClickHouse setup, or the one that npm start names for the other commands`
    }
    const byServer = fix.clickhouse(config)
    return typeof byServer === 'string' ? byServer : byServer(error)
  }
}
