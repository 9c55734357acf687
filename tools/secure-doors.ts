import { startHttpsFront, startTokenServer, type Stack } from '@custom-events/embedded'
import { randomBytes } from 'node:crypto'

/** A token for an hour, as most servers give. */
const LIFETIME_S = 3_600

/**
 * What `npm run stack -- --secure` has beside Kafka's listeners: a token server whose client `admin` may do everything, and https
 * before the registry and ClickHouse.
 *
 * @param firstPort of three in a row.
 * @returns what to print, by names of its own: which of it a program is given is up to who tries it.
 */
export async function openSecureDoors(
  stack: Stack,
  firstPort: number,
  resources: AsyncDisposableStack,
): Promise<Readonly<Record<string, string>>> {
  const { tls } = stack.secure ?? {}
  if (tls === undefined || tls === null) return {}
  const certificate = await tls.authority.issue({ name: 'servers' })
  const client = await tls.authority.issue({ name: 'admin' })
  const clientSecret = randomBytes(18).toString('base64url')
  const tokens = resources.use(
    await startTokenServer({
      key: tls.tokenKey,
      clientId: 'admin',
      clientSecret,
      lifetimeS: LIFETIME_S,
      port: firstPort,
    }),
  )
  const { SCHEMA_REGISTRY_URL, CLICKHOUSE_URL } = stack.environment
  const registry = resources.use(
    await startHttpsFront({ url: SCHEMA_REGISTRY_URL, certificate, port: firstPort + 1 }),
  )
  const clickhouse = resources.use(
    await startHttpsFront({
      url: CLICKHOUSE_URL,
      certificate,
      clientAuthority: tls.authority.file,
      port: firstPort + 2,
    }),
  )
  return {
    TLS_CA_FILE: tls.authority.file,
    TLS_CERT_FILE: client.cert,
    TLS_KEY_FILE: client.key,
    TLS_KAFKA_BROKERS: tls.brokers,
    TLS_MUTUAL_KAFKA_BROKERS: tls.mutualBrokers,
    OAUTH_TOKEN_URL: tokens.url,
    OAUTH_CLIENT_ID: 'admin',
    OAUTH_CLIENT_SECRET: clientSecret,
    TLS_SCHEMA_REGISTRY_URL: registry.url,
    TLS_CLICKHOUSE_URL: clickhouse.url,
  }
}
