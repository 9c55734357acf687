import { secret, text, url, type Variable } from './variable.ts'

type TlsVariables<Prefix extends string> = Record<
  `${Prefix}_TLS_${'CA_FILE' | 'CERT_FILE' | 'KEY_FILE' | 'KEY_PASSPHRASE'}`,
  Variable<string>
>

/** Files in PEM; see `tlsFilesFrom`. @param server for the descriptions, such as `the brokers`. */
export function tlsVariables<Prefix extends string>(
  prefix: Prefix,
  server: string,
): TlsVariables<Prefix> {
  const variables = {
    CA_FILE: text({
      description: `Authorities (PEM) that ${server} are trusted by, instead of those that Node knows.`,
      default: '',
    }),
    CERT_FILE: text({
      description: `Our certificate for ${server} (PEM, with its chain), where they want one.`,
      default: '',
    }),
    KEY_FILE: text({ description: 'The key of that certificate (PEM).', default: '' }),
    KEY_PASSPHRASE: secret({ description: 'The passphrase of that key.', default: '' }),
  }
  const named = Object.entries(variables).map(([end, each]) => [`${prefix}_TLS_${end}`, each])
  return Object.fromEntries(named) as TlsVariables<Prefix> // the keys are built as the type says
}

/** How to come by tokens for Kafka, with the SASL mechanism `oauthbearer`. */
export const oauthVariables = {
  KAFKA_OAUTH_TOKEN_URL: url({
    description:
      'Token endpoint of an OAuth 2.0 server (client credentials grant), for oauthbearer.',
    default: '',
  }),
  KAFKA_OAUTH_CLIENT_ID: text({ description: 'Client id for that server.', default: '' }),
  KAFKA_OAUTH_CLIENT_SECRET: secret({ description: 'Client secret for that server.', default: '' }),
  KAFKA_OAUTH_SCOPE: text({ description: 'Scope to ask for; empty: none.', default: '' }),
  KAFKA_OAUTH_EXTENSIONS: text({
    description:
      'SASL extensions that go with each token, such as logicalCluster=lkc-1,identityPoolId=pool-1.',
    default: '',
  }),
  KAFKA_OAUTH_TLS_CA_FILE: text({
    description:
      'Authorities (PEM) that the token server is trusted by, instead of those that Node knows.',
    default: '',
  }),
  KAFKA_OAUTH_PROVIDER: text({
    description:
      'Instead of a token endpoint: a module whose default export returns tokens (docs/operators.md), loaded only then.',
    default: '',
  }),
}
