import {
  addAccount,
  ClickHouseFailure,
  newPassword,
  removeAccount,
  withdraw,
  type AccountLogin,
  type ClickHouse,
  type NewAccountLogin,
  type OpenShard,
  type OpenShards,
} from '@custom-events/clickhouse'
import { accountLogin } from '@custom-events/clickhouse/access'
import type { AccessConfig } from './config.ts'

/** Where logins are made: on every shard, because rows of an account may be on any, refused ones among them. */
export interface AccountPlace {
  readonly shards: OpenShards
  readonly config: AccessConfig
  /** `ON CLUSTER …` of the replicas of a shard, or nothing. */
  readonly cluster: string
}

type Asked = { readonly clickhouse: Pick<ClickHouse, 'command' | 'query' | 'database'> }

/** ClickHouse's code of a login that is not there. */
export const NO_SUCH_USER = 192

/** ACCESS_ENTITY_ALREADY_EXISTS, ACCESS_DENIED. */
const MADE_NOTHING: ReadonlySet<number | null> = new Set([493, 497])

/**
 * The same login with one password on all shards; on all of them or, when one refuses it, on none that had it not before.
 *
 * @throws {ClickHouseFailure | LoginStays}
 */
export async function addOnShards(
  {
    shards,
    cluster,
  }: {
    readonly shards: readonly [Asked, ...Asked[]]
    readonly cluster: string
  },
  groupId: string,
): Promise<NewAccountLogin> {
  const [first] = shards
  const asked = { onCluster: cluster, password: newPassword() }
  const made: Asked[] = []
  const addOn = async (shard: Asked): Promise<NewAccountLogin> => {
    made.push(shard) // before: a statement that times out may have made it
    try {
      return await addAccount(shard.clickhouse, groupId, asked)
    } catch (error) {
      if (isRefused(error)) made.pop()
      return withdraw(error, accountLogin(groupId), () => takeBack(made, groupId, cluster))
    }
  }
  const login = await addOn(first)
  for (const shard of shards.slice(1)) await addOn(shard)
  return login
}

/** Nothing was made; above all, a login that was there before is not ours to take away. */
function isRefused(error: unknown): boolean {
  return error instanceof ClickHouseFailure && MADE_NOTHING.has(error.failure.code)
}

/** Also where it may not be. @throws {ClickHouseFailure} */
async function takeBack(shards: readonly Asked[], groupId: string, cluster: string): Promise<void> {
  await removeFrom(shards, groupId, cluster).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
}

/** Also what is left of a login that is not on every shard. @throws {ClickHouseFailure} 192: there is none anywhere */
export function removeFromShards(
  { shards, cluster }: AccountPlace,
  groupId: string,
): Promise<void> {
  return removeFrom(shards, groupId, cluster)
}

async function removeFrom(
  shards: readonly Asked[],
  groupId: string,
  cluster: string,
): Promise<void> {
  const missing: ClickHouseFailure[] = []
  for (const { clickhouse } of shards) {
    await removeAccount(clickhouse, groupId, cluster).catch((error: unknown) => {
      if (!isMissing(error)) throw error
      missing.push(error)
    })
  }
  const [none] = missing
  if (none !== undefined && missing.length === shards.length) throw none
}

function isMissing(error: unknown): error is ClickHouseFailure {
  return error instanceof ClickHouseFailure && error.failure.code === NO_SUCH_USER
}

/** A login of an account, and the shards that do not have it; empty: it is on all. */
export interface ListedLogin extends AccountLogin {
  readonly missing: string
}

/** @param listed what each of the shards has, in their order */
export function loginsOf(
  shards: readonly Pick<OpenShard, 'name'>[],
  listed: readonly (readonly AccountLogin[])[],
): readonly ListedLogin[] {
  const all = new Map(listed.flat().map((each) => [each.login, each]))
  return [...all.values()]
    .toSorted((one, other) => (one.login < other.login ? -1 : 1))
    .map((each) => {
      const without = shards.filter(
        (_, at) => listed[at]?.some(({ login }) => login === each.login) !== true,
      )
      return { ...each, missing: without.map(({ name }) => name).join(', ') }
    })
}
