import { secretSource, tlsFilesFrom, type SecretFiles, type TlsFiles } from '@custom-events/runtime'
import { byClientCredentials } from '../authentication/client-credentials.ts'
import type { SaslConfig } from '../authentication/sasl.ts'
import { byProvider } from '../authentication/token-provider.ts'
import { createTokenSource } from '../authentication/token-source.ts'

/** How to reach Kafka. */
export interface KafkaConfig {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly isTlsEnabled: boolean
  /** Read anew for each connection. @default the authorities that Node trusts, and no certificate of ours */
  readonly tls?: TlsFiles | null
  readonly sasl: SaslConfig | null
  /** Where this process is, for brokers that let it read from a replica there. @default '', anywhere */
  readonly rack?: string
}

/** The values of `kafkaVariables`, as `readConfig` returns them; a caller that knows no secrets may leave out the rest. */
type KafkaValues = {
  readonly KAFKA_BROKERS: readonly string[]
  readonly KAFKA_CLIENT_ID: string
  readonly KAFKA_TLS_ENABLED: boolean
  readonly KAFKA_SASL_MECHANISM: 'none' | SaslConfig['mechanism']
  readonly KAFKA_SASL_USERNAME: string
  readonly KAFKA_SASL_PASSWORD: string
  readonly KAFKA_CLIENT_RACK?: string
  readonly secretFiles?: SecretFiles
} & OauthValues &
  TlsValues

interface TlsValues {
  readonly KAFKA_TLS_CA_FILE?: string
  readonly KAFKA_TLS_CERT_FILE?: string
  readonly KAFKA_TLS_KEY_FILE?: string
  readonly KAFKA_TLS_KEY_PASSPHRASE?: string
}

interface OauthValues {
  readonly KAFKA_OAUTH_TOKEN_URL?: string
  readonly KAFKA_OAUTH_CLIENT_ID?: string
  readonly KAFKA_OAUTH_CLIENT_SECRET?: string
  readonly KAFKA_OAUTH_SCOPE?: string
  readonly KAFKA_OAUTH_EXTENSIONS?: string
  readonly KAFKA_OAUTH_TLS_CA_FILE?: string
  readonly KAFKA_OAUTH_PROVIDER?: string
}

/** Once for a process: its connections share the tokens. */
export function kafkaConfigFrom(values: KafkaValues): KafkaConfig {
  const passphrase = secretOf(values, 'KAFKA_TLS_KEY_PASSPHRASE')
  return {
    brokers: values.KAFKA_BROKERS,
    clientId: values.KAFKA_CLIENT_ID,
    isTlsEnabled: values.KAFKA_TLS_ENABLED,
    tls: tlsFilesFrom('KAFKA', { ...values }, passphrase),
    sasl: saslFrom(values),
    rack: values.KAFKA_CLIENT_RACK ?? '',
  }
}

function saslFrom(values: KafkaValues): SaslConfig | null {
  const mechanism = values.KAFKA_SASL_MECHANISM
  if (mechanism === 'none') return null
  if (mechanism !== 'oauthbearer') {
    const password = secretOf(values, 'KAFKA_SASL_PASSWORD')
    return { mechanism, username: values.KAFKA_SASL_USERNAME, password }
  }
  const { KAFKA_OAUTH_PROVIDER: provider = '', KAFKA_OAUTH_EXTENSIONS: extensions = '' } = values
  const fetchToken =
    provider !== ''
      ? byProvider(provider)
      : byClientCredentials({
          url: values.KAFKA_OAUTH_TOKEN_URL ?? '',
          clientId: values.KAFKA_OAUTH_CLIENT_ID ?? '',
          clientSecret: secretOf(values, 'KAFKA_OAUTH_CLIENT_SECRET'),
          scope: values.KAFKA_OAUTH_SCOPE ?? '',
          tls: tlsFilesFrom('KAFKA_OAUTH', { ...values }),
        })
  return {
    mechanism,
    tokens: createTokenSource({ fetchToken, extensions: pairsIn(extensions) }),
  }
}

function secretOf(
  values: KafkaValues,
  name: 'KAFKA_SASL_PASSWORD' | 'KAFKA_TLS_KEY_PASSPHRASE' | 'KAFKA_OAUTH_CLIENT_SECRET',
): () => string {
  return secretSource(values[name] ?? '', values.secretFiles?.[name])
}

/** `a=1,b=2`; a pair without `=` is left out. */
function pairsIn(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(',').flatMap((pair) => {
      const at = pair.indexOf('=')
      return at > 0 ? [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()]] : []
    }),
  )
}

/**
 * The same cluster, asked from another broker on. kafkajs tries the first of the list and hardly ever
 * another: a first broker that is down or hangs would make the cluster look unreachable.
 */
export function startingAt(config: KafkaConfig, turn: number): KafkaConfig {
  const first = turn % config.brokers.length
  return { ...config, brokers: [...config.brokers.slice(first), ...config.brokers.slice(0, first)] }
}
