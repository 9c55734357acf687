import { exception } from '../engine/errors.ts'

/** What the URL says besides the query. */
export interface Parameters {
  readonly query: string
  readonly database: string | undefined
  readonly defaultFormat: string | undefined
  readonly queryId: string | undefined
  readonly waitEndOfQuery: boolean
  readonly allowsCompression: boolean
  readonly roles: readonly string[]
  /** The engine's own settings and `param_…`, as given. */
  readonly settings: readonly (readonly [string, string])[]
}

/** Names in the URL that speak to the server's HTTP interface, not to the engine. */
const ignored = new Set(
  `user password quota_key stacktrace buffer_size client_protocol_version
   session_timeout session_check close_session`.split(/\s+/), // sessions are refused by their id
)
const understood = new Set(
  'query database default_format query_id wait_end_of_query role'.split(' '),
)
const unsupported: ReadonlyMap<string, string> = new Map([
  ['session_id', 'Sessions'],
  ['compress', "ClickHouse's own compression of results (compress=1)"],
  ['decompress', "ClickHouse's own compression of bodies (decompress=1)"],
])

/** @throws ServerException 48 for what this front cannot do, 115 for a name that is none. */
export function readParameters(search: URLSearchParams): Parameters {
  const settings: [string, string][] = []
  for (const [name, value] of search) {
    const feature = unsupported.get(name)
    if (feature !== undefined && value !== '' && value !== '0') throw notSupported(feature)
    if (ignored.has(name) || understood.has(name) || feature !== undefined) continue
    if (!/^[A-Za-z_][\w.]*$/.test(name)) throw exception(115, `Unknown setting '${name}'.`)
    settings.push([name, value])
  }
  return {
    query: search.get('query') ?? '',
    database: search.get('database') || undefined,
    defaultFormat: search.get('default_format') || undefined,
    queryId: search.get('query_id') || undefined,
    waitEndOfQuery: isOn(search.get('wait_end_of_query')),
    allowsCompression: isOn(search.get('enable_http_compression')),
    roles: search.getAll('role').filter((role) => role !== ''),
    settings,
  }
}

export function notSupported(feature: string): Error {
  return exception(48, `${feature}: not supported by the embedded ClickHouse; use a real server.`)
}

function isOn(value: string | null): boolean {
  return value === '1' || value === 'true'
}

/** The engine comes with these unlike a server of the same version. */
const likeAServer = [
  ['implicit_select', '0'],
  ['allow_introspection_functions', '0'],
  ['storage_file_read_method', 'pread'],
  ['output_format_arrow_use_native_writer', '1'],
] as const

/** The values of an INSERT that was looked at may be expressions, as with a server. */
const evaluating = [
  ['input_format_values_interpret_expressions', '1'],
  ['input_format_values_deduce_templates_of_expressions', '1'],
] as const

export interface Preparation {
  readonly mark: string
  readonly isReadOnly: boolean
  readonly evaluatesValues: boolean
}

/** The statements that prepare a fresh connection for one request. */
export function preparation(
  parameters: Parameters,
  { mark, isReadOnly, evaluatesValues }: Preparation,
): readonly string[] {
  const settings = [
    ...likeAServer,
    ...(evaluatesValues ? evaluating : []),
    ...parameters.settings,
    ['query_cache_tag', mark] as const, // how a running query is found; must come last
    ...(isReadOnly ? [['readonly', '2'] as const] : []),
  ]
  const set = settings.map(([name, value]) => `${name} = ${literal(value)}`).join(', ')
  return [
    ...(parameters.database === undefined ? [] : [`USE ${identifier(parameters.database)}`]),
    ...(parameters.roles.length === 0
      ? []
      : [`SET ROLE ${parameters.roles.map(identifier).join(', ')}`]),
    `SET ${set}`,
  ]
}

/** A string literal of ClickHouse's SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`
}

function identifier(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
}
