import { constrainedMemory } from 'node:process'
import { totalmem } from 'node:os'
import { FULL_ROLE } from '../engine/engine-roles.ts'
import { exception } from '../engine/errors.ts'
import { onlyReads, QUERIES_OF_ONE, type Asker } from './asker.ts'
import type { SessionRequest } from '../engine/sessions.ts'

/** What the URL says besides the query. */
export interface Parameters {
  readonly query: string
  readonly database: string | undefined
  readonly defaultFormat: string | undefined
  readonly queryId: string | undefined
  readonly waitEndOfQuery: boolean
  readonly allowsCompression: boolean
  /** ClickHouse's own compression of the result: `compress=1`. */
  readonly compressesBlocks: boolean
  /** The body is compressed so: `decompress=1`. */
  readonly inflatesBlocks: boolean
  readonly session: SessionRequest | undefined
  readonly roles: readonly string[]
  /** The engine's own settings and `param_…`, as given. */
  readonly settings: readonly Setting[]
}

export type Setting = readonly [name: string, value: string]

/** Names in the URL that speak to the server's HTTP interface, not to the engine. */
const ignored = new Set(
  'user password quota_key stacktrace buffer_size client_protocol_version'.split(' '),
)
const understood = new Set(
  `query database default_format query_id wait_end_of_query role compress decompress
   session_id session_timeout session_check close_session`.split(/\s+/),
)
const SESSION_SECONDS = 60
const MAX_SESSION_SECONDS = 3_600

/** @throws ServerException 115 for a name that is none, 374 or 606 for a session that cannot be. */
export function readParameters(search: URLSearchParams): Parameters {
  const settings: [string, string][] = []
  for (const [name, value] of search) {
    if (ignored.has(name) || understood.has(name)) continue
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
    compressesBlocks: isOn(search.get('compress')),
    inflatesBlocks: isOn(search.get('decompress')),
    session: readSession(search),
    roles: search.getAll('role').filter((role) => role !== ''),
    settings,
  }
}

function readSession(search: URLSearchParams): SessionRequest | undefined {
  const id = search.get('session_id')
  if (id === null) return undefined
  if (id === '') throw exception(606, 'Session id query parameter was provided, but it was empty.')
  const given = search.get('session_timeout') || String(SESSION_SECONDS)
  if (!/^\d+$/.test(given)) throw exception(374, `Invalid session timeout: '${given}'.`)
  if (Number(given) > MAX_SESSION_SECONDS) {
    throw exception(
      374,
      `Session timeout '${given}' is larger than max_session_timeout: ${MAX_SESSION_SECONDS}.`,
    )
  }
  return {
    id,
    timeoutMs: Number(given) * 1_000,
    mustExist: isOn(search.get('session_check')),
    closes: isOn(search.get('close_session')),
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

const evaluating = [
  'input_format_values_interpret_expressions',
  'input_format_values_deduce_templates_of_expressions',
] as const

/** A clause for data that nobody looked at: values are literals. */
export const LITERALS_ONLY = `SETTINGS ${evaluating.map((name) => `${name} = 0`).join(', ')}`

/** As a server has it, for the values of an INSERT that was looked at; said each time, because it stays. */
function evaluation(evaluates: boolean | undefined): readonly Setting[] {
  return evaluates === undefined ? [] : evaluating.map((name) => [name, evaluates ? '1' : '0'])
}

const memoryBytes = Math.min(constrainedMemory() || Infinity, totalmem())
const GIB = 1024 ** 3
const QUERY_BYTES = Math.round(Math.min(Math.max(memoryBytes / 8, GIB / 2), 4 * GIB))

/**
 * What a query may take unless it asks for more itself: so that one without a limit harms nobody else. Sorting and
 * grouping goes to disk at half of the memory. The data of an INSERT has no such limit.
 */
export const readerLimits: readonly Setting[] = [
  ['max_memory_usage', String(QUERY_BYTES)],
  ['max_bytes_before_external_group_by', String(Math.round(QUERY_BYTES / 2))],
  ['max_bytes_before_external_sort', String(Math.round(QUERY_BYTES / 2))],
  ['max_temporary_data_on_disk_size_for_query', String(16 * GIB)],
  ['max_execution_time', '600'],
  ['max_rows_to_read', '10000000000'],
]

export interface Preparation {
  readonly mark: string
  readonly isReadOnly: boolean
  /** Whether values may be expressions; `undefined`: as the engine has it, where nothing is confined. */
  readonly evaluatesValues: boolean | undefined
  /** Whether the limits of readers are its own. */
  readonly isReader: boolean
  /** A session's: what is the same for all its queries is set. */
  readonly isHeld: boolean
  readonly asker: Asker
}

/** The statements that prepare a connection for one request. */
export function preparation(
  parameters: Parameters,
  { mark, isReadOnly, evaluatesValues, isReader, isHeld, asker }: Preparation,
): readonly string[] {
  const settings = [
    ...(isHeld ? [] : baseSettings(asker, isReader)),
    ...parameters.settings.filter(([name]) => name !== QUERIES_OF_ONE),
    ...evaluation(evaluatesValues), // behind what the URL says
    ['query_cache_tag', mark] as const, // how a running query is found; must come last
    // Not on one that is held: nothing takes it away again.
    ...(isReadOnly && !isHeld ? [['readonly', '2'] as const] : isHeld ? [] : readOnly(asker)),
  ]
  return [
    ...(isHeld ? [] : becoming(asker)),
    ...(parameters.database === undefined ? [] : [`USE ${identifier(parameters.database)}`]),
    ...(parameters.roles.length === 0
      ? []
      : [`SET ROLE ${parameters.roles.map(identifier).join(', ')}`]),
    set(settings),
  ]
}

/** Prepares a connection that a session will hold. */
export function sessionPreparation(asker: Asker): readonly string[] {
  return [...becoming(asker), set([...baseSettings(asker, true), ...readOnly(asker)])]
}

/** No statement of who asks may take another role: see confined-roles.ts. A connection begins with all of them. */
function becoming({ engineRole }: Asker): readonly string[] {
  return engineRole === FULL_ROLE ? [] : [`SET ROLE ${identifier(engineRole)}`]
}

/** The one is set last, the other counted by the front. */
const NOT_OF_A_QUERY: ReadonlySet<string> = new Set(['readonly', QUERIES_OF_ONE])

function baseSettings({ limits }: Asker, isReader: boolean): readonly Setting[] {
  if (limits === null) return [...likeAServer, ...(isReader ? readerLimits : [])]
  const own = limits.map(({ setting, value }) => [setting, String(value)] as const)
  return [...likeAServer, ...own.filter(([setting]) => !NOT_OF_A_QUERY.has(setting))]
}

/** The last to be set: it cannot be taken back. */
function readOnly(asker: Asker): readonly Setting[] {
  return onlyReads(asker) ? [['readonly', '2']] : []
}

function set(settings: readonly Setting[]): string {
  return `SET ${settings.map(([name, value]) => `${name} = ${literal(value)}`).join(', ')}`
}

/** A string literal of ClickHouse's SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`
}

/** A name of ClickHouse's SQL, quoted. */
export function identifier(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
}
