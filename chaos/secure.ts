import { randomBytes } from 'node:crypto'
import { rightOf, startHttpsFront, startTokenServer, type Stack } from '@custom-events/embedded'
import { aclsOf, groupsOfShards, rightsOf, type KafkaProgram } from '@custom-events/kafka'

/** How programs say to Kafka who they are, over TLS: by a password, or by tokens that end soon. */
export const SECURE = ['scram', 'oauth'] as const
export type Secure = (typeof SECURE)[number]

type Environment = Readonly<Record<string, string>>

/** Variables by which each gets to the servers: services by ways that can be hurt, commands past those. */
export interface Ways {
  readonly ingest: Environment
  readonly consumer: Environment
  readonly commands: Environment
}

export interface SecureServers {
  /** Where each ClickHouse speaks https. */
  readonly clickhousePorts: number[]
  /** @param ports of proxies, in place of the doors themselves. */
  readonly ways: (ports: {
    readonly ingest: string
    readonly consumer: string
    readonly clickhouse: readonly number[]
  }) => Ways
}

/** So short that each connection renews its session some times in a run. */
const TOKEN_LIFETIME_S = 20

/**
 * Users of Kafka that have what the table of rights says for their program, and nothing else; the registry behind https and a
 * password, ClickHouse behind https.
 *
 * @param options.name of topics and groups, as `startWorld` makes them of it.
 */
export async function openSecureServers(options: {
  readonly stack: Stack
  readonly how: Secure
  readonly name: string
  readonly resources: AsyncDisposableStack
}): Promise<SecureServers> {
  const { stack, how, name, resources } = options
  const { secure } = stack
  if (secure === null || secure.tls === null) throw new Error('the stack has no secure listeners')
  const { tls } = secure
  const certificate = await tls.authority.issue({ name: 'servers' })
  const password = randomBytes(18).toString('base64url')
  const authorization = `Basic ${Buffer.from(`chaos:${password}`).toString('base64')}`
  const { SCHEMA_REGISTRY_URL } = stack.environment
  const registry = resources.use(
    await startHttpsFront({ url: SCHEMA_REGISTRY_URL, certificate, authorization }),
  )
  const clickhousePorts: number[] = []
  for (const { url } of stack.shards) {
    clickhousePorts.push(portOf(resources.use(await startHttpsFront({ url, certificate })).url))
  }
  const ca = tls.authority.file
  const common = {
    KAFKA_TLS_ENABLED: 'true',
    KAFKA_TLS_CA_FILE: ca,
    SCHEMA_REGISTRY_URL: registry.url,
    SCHEMA_REGISTRY_USER: 'chaos',
    SCHEMA_REGISTRY_PASSWORD: password,
    SCHEMA_REGISTRY_TLS_CA_FILE: ca,
    CLICKHOUSE_TLS_CA_FILE: ca,
  }
  const credentials = async (user: string, scram: Environment): Promise<Environment> => {
    if (how === 'scram') return without(scram, 'KAFKA_BROKERS')
    const clientSecret = randomBytes(18).toString('base64url')
    const server = await startTokenServer({
      key: tls.tokenKey,
      clientId: user,
      clientSecret,
      lifetimeS: TOKEN_LIFETIME_S,
    })
    resources.use(server)
    return {
      KAFKA_SASL_MECHANISM: 'oauthbearer',
      KAFKA_OAUTH_TOKEN_URL: server.url,
      KAFKA_OAUTH_CLIENT_ID: user,
      KAFKA_OAUTH_CLIENT_SECRET: clientSecret,
    }
  }
  const userOf = async (program: KafkaProgram): Promise<Environment> => {
    // The full replay reads as another group.
    const groups = [`${name}.clickhouse`, `${name}.clickhouse.replay`].flatMap((group) =>
      groupsOfShards(group, stack.shards.length),
    )
    const acls = groups.flatMap((consumerGroup) =>
      aclsOf(rightsOf(program), { tracked: `${name}.tracked`, consumerGroup }),
    )
    const user = await secure.makeUser(`chaos-${program}`, acls.map(rightOf))
    return credentials(user.name, user.environment)
  }
  const asIngest = await userOf('ingest')
  const asConsumer = await userOf('consumer')
  const asAdmin = await credentials('admin', secure.admin)
  return {
    clickhousePorts,
    ways: (ports) => ({
      ingest: { ...common, ...asIngest, KAFKA_BROKERS: ports.ingest },
      consumer: {
        ...common,
        ...asConsumer,
        KAFKA_BROKERS: ports.consumer,
        ...clickhouseAt('https', ports.clickhouse),
      },
      commands: {
        ...common,
        ...asAdmin,
        KAFKA_BROKERS: tls.brokers,
        ...clickhouseAt('https', clickhousePorts),
      },
    }),
  }
}

/** Variables of one ClickHouse, or of several shards, on these ports. */
export function clickhouseAt(scheme: 'http' | 'https', ports: readonly number[]): Environment {
  const urls = ports.map((port) => `${scheme}://127.0.0.1:${port}`)
  const all = urls.length > 1 ? { CLICKHOUSE_SHARD_URLS: urls.join(',') } : {}
  return { CLICKHOUSE_URL: urls[0] ?? '', ...all }
}

export function portOf(url: string): number {
  return Number(new URL(url).port)
}

function without(environment: Environment, name: string): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([each]) => each !== name))
}
