import { ClickHouseFailure } from '@custom-events/clickhouse'
import { tlsRemedy } from '@custom-events/runtime'

interface Values {
  readonly CLICKHOUSE_URL: string
  readonly CLICKHOUSE_SHARD_URLS?: readonly string[]
  readonly CLICKHOUSE_USER?: string
  readonly CLICKHOUSE_DATABASE?: string
}

/** By ClickHouse's own codes; Node's where it did not answer. */
const REMEDY_BY_CODE: Readonly<Record<number, (values: Values) => string>> = {
  81: () => 'run `npm run setup`, or correct CLICKHOUSE_DATABASE',
  60: () => 'run `npm run setup` of this version',
  47: () => 'run `npm run setup` of this version',
  164: () => 'the user is read-only: give it a profile with readonly=0',
  170: () => 'CLICKHOUSE_CLUSTER names no cluster of this server: see system.clusters',
  192: credentials,
  193: credentials,
  194: credentials,
  291: grants,
  497: grants,
  516: credentials,
}

/** What to do about a failure of ClickHouse; whether it runs is asked only when it did not answer. */
export function clickhouseFix(values: Values, error: unknown): string {
  const at = addressSaid(values, error)
  const running = `is ClickHouse running at ${at}?`
  if (!(error instanceof ClickHouseFailure)) return `as it says above (${at})`
  const { code, status, network } = error.failure
  if (network !== null) {
    if (!isTlsProblem(network)) return running
    const remedy = tlsRemedy(network, 'CLICKHOUSE') ?? 'check http:// or https:// and the port'
    return `${remedy} (${at})`
  }
  if (code === null) {
    if (status === 401 || status === 403) return `${credentials()} (${at})`
    return `the answer is not ClickHouse's: is ${at} its HTTP interface (8123, with TLS 8443)?`
  }
  const remedy = REMEDY_BY_CODE[code]
  return remedy === undefined ? `look up what it says (${at})` : `${remedy(values)} (${at})`
}

/** Where the ClickHouse is that a failure is of, and which variable says so. */
function addressSaid(values: Values, error: unknown): string {
  if (error instanceof ClickHouseFailure && error.server !== null) {
    return `CLICKHOUSE_SHARD_URLS, ${error.server.name}: ${error.server.url}`
  }
  const { CLICKHOUSE_SHARD_URLS: shards = [] } = values
  return shards.length > 0
    ? `CLICKHOUSE_SHARD_URLS=${shards.join()}`
    : `CLICKHOUSE_URL=${values.CLICKHOUSE_URL}`
}

const TLS = /^ERR_(SSL|TLS)_|^(CERT|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO|HPE_)/

/** Whether ClickHouse itself said what is wrong, or it was none of its failures. */
export function isAnswered(error: unknown): boolean {
  return !(error instanceof ClickHouseFailure) || error.failure.code !== null
}

/** Whether Node's code of a failure is one of TLS, or of no HTTP at all. */
export function isTlsProblem(network: string): boolean {
  return TLS.test(network)
}

function credentials(): string {
  return 'check CLICKHOUSE_USER and CLICKHOUSE_PASSWORD'
}

function grants({
  CLICKHOUSE_USER: user = '…',
  CLICKHOUSE_DATABASE: database = '…',
}: Values): string {
  return (
    `run it as the user whose job it is, by CLICKHOUSE_USER and CLICKHOUSE_PASSWORD (docs/reference/rights.md has one for each command); ` +
    `if that is ${user}, grant ${user} what docs/reference/rights.md lists for it on ${database}`
  )
}
