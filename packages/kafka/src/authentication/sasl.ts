import type { AuthenticationProviderArgs, KafkaConfig as KafkaJsConfig } from 'kafkajs'
import oauthBearer from 'kafkajs/src/protocol/sasl/oauthBearer/index.js'
import type { Logger } from '@custom-events/runtime'
import { TokenError } from './token-error.ts'
import type { TokenSource } from './token-source.ts'

/** Who we are to Kafka. */
export type SaslConfig =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
      readonly username: string
      /** Asked for each time a connection says who we are. */
      readonly password: () => string
    }
  | { readonly mechanism: 'oauthbearer'; readonly tokens: TokenSource }

type KafkaJsSasl = NonNullable<KafkaJsConfig['sasl']>

export function saslOptions(sasl: SaslConfig, log: Logger): KafkaJsSasl {
  if (sasl.mechanism === 'oauthbearer') return withTokens(sasl.tokens, log)
  const { mechanism, username, password } = sasl
  const options = {
    mechanism,
    username,
    get password() {
      return password()
    },
  }
  return options as KafkaJsSasl // it types each mechanism apart, though all three carry the same fields
}

/** What `keepSessions` calls before a connection begins to say who we are. */
export interface PreparedSasl {
  readonly prepare?: () => Promise<void>
}

/**
 * Not kafkajs's own provider: that one takes the refusal of a token for success, and the next request then fails for a
 * reason that has nothing to do with it.
 */
function withTokens(tokens: TokenSource, log: Logger): KafkaJsSasl & PreparedSasl {
  return {
    mechanism: 'oauthbearer',
    prepare: async () => void (await tokens.token(log)),
    authenticationProvider: ({ saslAuthenticate }) => ({
      authenticate: async () => {
        const value = await tokens.token(log)
        const token = { value, extensions: { ...tokens.extensions } }
        try {
          await offer(saslAuthenticate, token)
        } catch (error) {
          if (error instanceof TokenError) tokens.notAccepted(value, error)
          throw error
        }
      },
    }),
  }
}

async function offer(
  saslAuthenticate: AuthenticationProviderArgs['saslAuthenticate'],
  token: { readonly value: string; readonly extensions: Record<string, string> },
): Promise<void> {
  const request = await oauthBearer.request({}, token)
  const response = { decode: async (bytes: Buffer) => bytes, parse: (bytes: Buffer) => bytes }
  const answer = await saslAuthenticate<Buffer>({ request, response }).catch((error: unknown) => {
    throw notAccepted(error instanceof Error ? error.message : String(error), error)
  })
  // RFC 7628, 3.2.3: an empty answer is success, any other is JSON that says why not.
  const said = answer?.subarray(LENGTH_BYTES).toString('utf8') ?? ''
  if (said !== '') throw notAccepted(said, null)
}

/** kafkajs puts the length before the bytes of an answer. */
const LENGTH_BYTES = 4

function notAccepted(said: string, cause: unknown): TokenError {
  return new TokenError(
    'TOKEN_NOT_ACCEPTED',
    `the brokers do not accept our token (${said}): compare its issuer, audience and keys with sasl.oauthbearer.* of the ` +
      'brokers, and check KAFKA_OAUTH_SCOPE and KAFKA_OAUTH_EXTENSIONS',
    cause,
  )
}
