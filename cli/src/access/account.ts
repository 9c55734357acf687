import {
  ACCESS_DENIED,
  ClickHouseFailure,
  escapesOf,
  hashOfId,
  listAccounts,
  LoginStays,
  onCluster,
  openShards,
  withdraw,
  type NewAccountLogin,
} from '@custom-events/clickhouse'
import { accountLogin } from '@custom-events/clickhouse/access'
import { audited } from '../audit/audited.ts'
import { onEach, openOwnShards } from '../shards/open.ts'
import { fix, step } from '../step.ts'
import {
  addOnShards,
  loginsOf,
  NO_SUCH_USER,
  removeFromShards,
  type AccountPlace,
} from './on-shards.ts'
import type { AccessConfig } from './config.ts'

export type AccountRequest =
  | {
      readonly action: 'add' | 'remove'
      readonly groupId: string
      /** Who does it, as they say themselves. */
      readonly by: string | undefined
    }
  | { readonly action: 'list' }

const ALREADY_THERE = 493

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
  await using resources = new AsyncDisposableStack()
  const shards = await openOwnShards(config, resources)
  const [{ clickhouse }] = shards
  const cluster = onCluster(config.CLICKHOUSE_CLUSTER)
  const place = { shards, cluster, config }
  switch (request.action) {
    case 'add': {
      const made = await written(clickhouse, config, request, async () => {
        const login = await step('making the login', remedy(config), () =>
          addOnShards(place, request.groupId),
        )
        await step('trying the login', afterTrying(request.groupId), () => tryLogin(login, place))
        return login
      })
      print(`CLICKHOUSE_USER=${made.login}`)
      print(`CLICKHOUSE_PASSWORD=${made.password}`)
      return
    }
    case 'remove':
      await written(clickhouse, config, request, () =>
        step('removing the login', remedy(config), () => removeFromShards(place, request.groupId)),
      )
      print(`account ${JSON.stringify(request.groupId)} has no login any more`)
      return
    case 'list': {
      const listed = await step('listing the logins', fix.clickhouse(config), () =>
        onEach(shards, (shard) => listAccounts(shard.clickhouse)),
      )
      for (const { login, groupId, missing } of loginsOf(shards, listed)) {
        const where = missing === '' ? '' : `  not on ${missing}: remove it and make another`
        print(`${login}  ${JSON.stringify(groupId)}${where}`)
      }
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
  { action, groupId, by }: Exclude<AccountRequest, { readonly action: 'list' }>,
  run: () => Promise<T>,
): Promise<T> {
  const command = { command: 'account', args: { action, group_hash: hashOfId(groupId) }, by }
  const tell = () => ({ outcome: 'done' as const, counts: { logins: 1 } })
  const hidden = [accountLogin(groupId), groupId]
  return audited(clickhouse, command, { run, tell, hidden, fix: remedy(config) })
}

/** A login that sees more than its account, on any shard, is given to nobody. @throws {Error} saying what it saw */
async function tryLogin(
  { login, groupId, password }: NewAccountLogin,
  place: AccountPlace,
): Promise<void> {
  try {
    await using resources = new AsyncDisposableStack()
    const asAccount = {
      ...place.config,
      CLICKHOUSE_USER: login,
      CLICKHOUSE_PASSWORD: password,
    }
    for (const { clickhouse, name } of openShards(asAccount, resources)) {
      const escapes = await escapesOf(clickhouse, groupId)
      const where = name === '' ? '' : ` on ${name}`
      if (escapes.length > 0) throw new Error(`${login} sees ${escapes.join('; and ')}${where}`)
    }
  } catch (error) {
    await withdraw(error, login, () => removeFromShards(place, groupId))
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
    if (code === NO_SUCH_USER) return 'it has no login: see `npm run -s account -- list`'
    if (code === ACCESS_DENIED) {
      return `CLICKHOUSE_USER=${config.CLICKHOUSE_USER} may not manage access: use a user that may; with the embedded ClickHouse setup, or the one that npm start names for the other commands`
    }
    const byServer = fix.clickhouse(config)
    return typeof byServer === 'string' ? byServer : byServer(error)
  }
}
