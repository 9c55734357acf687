import { accessSync, constants } from 'node:fs'

interface Problem {
  readonly variable: string
  readonly value: string | undefined
  readonly rule: string
}

type Values = Readonly<Record<string, unknown>>

const PREFIXES = ['KAFKA', 'SCHEMA_REGISTRY', 'CLICKHOUSE'] as const
const FILES = [
  ...PREFIXES.flatMap((each) => [
    `${each}_TLS_CA_FILE`,
    `${each}_TLS_CERT_FILE`,
    `${each}_TLS_KEY_FILE`,
  ]),
  'KAFKA_OAUTH_TLS_CA_FILE',
]

/** What is allowed by itself and makes no connection, or one that is not what was meant. */
export function connectionProblems(values: Values): readonly Problem[] {
  return [
    ...FILES.flatMap((name) => unreadable(name, given(values, name))),
    ...PREFIXES.flatMap((prefix) => [
      ...halfACertificate(prefix, values),
      ...withoutTls(prefix, values),
    ]),
    ...oauthProblems(values),
    ...twoIdentities(values),
  ]
}

function given(values: Values, name: string): string {
  const value = values[name]
  return typeof value === 'string' ? value : ''
}

function unreadable(variable: string, path: string): readonly Problem[] {
  if (path === '') return []
  try {
    accessSync(path, constants.R_OK)
    return []
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return [{ variable, value: path, rule: `a readable file: ${why}` }]
  }
}

function halfACertificate(prefix: string, values: Values): readonly Problem[] {
  const [cert, key] = [`${prefix}_TLS_CERT_FILE`, `${prefix}_TLS_KEY_FILE`]
  const missing = [cert, key].filter((name) => given(values, name) === '')
  if (missing.length !== 1) return []
  const [variable = ''] = missing
  return [{ variable, value: undefined, rule: `a file, too: ${cert} and ${key} go together` }]
}

/** A site that names its authority means not to talk in the clear. */
function withoutTls(prefix: (typeof PREFIXES)[number], values: Values): readonly Problem[] {
  const named = FILES.find(
    (name) => name.startsWith(`${prefix}_TLS_`) && given(values, name) !== '',
  )
  if (named === undefined) return []
  if (prefix === 'KAFKA') {
    if (values['KAFKA_TLS_ENABLED'] !== false) return []
    return [{ variable: 'KAFKA_TLS_ENABLED', value: 'false', rule: `true, as ${named} is set` }]
  }
  const variable = `${prefix}_URL`
  const rule = `an https:// URL, as ${named} is set`
  return addresses(values, variable)
    .filter(({ value }) => value.startsWith('http:'))
    .map((each) => ({ ...each, rule }))
}

/** Shards are where ClickHouse is, if there are any. */
function addresses(values: Values, variable: string): { variable: string; value: string }[] {
  const shards = variable === 'CLICKHOUSE_URL' ? values['CLICKHOUSE_SHARD_URLS'] : undefined
  if (!Array.isArray(shards) || shards.length === 0) {
    return [{ variable, value: given(values, variable) }]
  }
  return shards.map((value) => ({ variable: 'CLICKHOUSE_SHARD_URLS', value: String(value) }))
}

function oauthProblems(values: Values): readonly Problem[] {
  if (values['KAFKA_SASL_MECHANISM'] !== 'oauthbearer') return []
  const address = given(values, 'KAFKA_OAUTH_TOKEN_URL')
  const provider = given(values, 'KAFKA_OAUTH_PROVIDER')
  if ((address === '') === (provider === '')) {
    const rule =
      'the token endpoint, or KAFKA_OAUTH_PROVIDER a module, and not both: oauthbearer needs tokens'
    return [
      { variable: 'KAFKA_OAUTH_TOKEN_URL', value: address === '' ? undefined : address, rule },
    ]
  }
  if (provider !== '' || given(values, 'KAFKA_OAUTH_CLIENT_ID') !== '') return []
  const rule = 'the client id that KAFKA_OAUTH_TOKEN_URL knows'
  return [{ variable: 'KAFKA_OAUTH_CLIENT_ID', value: undefined, rule }]
}

function twoIdentities(values: Values): readonly Problem[] {
  if (given(values, 'SCHEMA_REGISTRY_TOKEN') === '' || given(values, 'SCHEMA_REGISTRY_USER') === '')
    return []
  const rule = 'unset, or SCHEMA_REGISTRY_USER is: a registry is asked as one'
  return [{ variable: 'SCHEMA_REGISTRY_TOKEN', value: '(secret)', rule }]
}
