/** An error as ClickHouse tells it: `Code: 47. DB::Exception: … (UNKNOWN_IDENTIFIER)`. */
export class ServerException extends Error {
  readonly code: number

  constructor(code: number, text: string, options?: ErrorOptions) {
    super(text, options)
    this.name = 'ServerException'
    this.code = code
  }
}

/** The errors that the front itself answers; all others come from the engine. */
const names = {
  33: 'CANNOT_READ_ALL_DATA',
  36: 'BAD_ARGUMENTS',
  40: 'CHECKSUM_DOESNT_MATCH',
  48: 'NOT_IMPLEMENTED',
  62: 'SYNTAX_ERROR',
  73: 'UNKNOWN_FORMAT',
  78: 'UNKNOWN_TYPE_OF_QUERY',
  89: 'UNKNOWN_COMPRESSION_METHOD',
  115: 'UNKNOWN_SETTING',
  131: 'TOO_LARGE_SIZE_COMPRESSED',
  159: 'TIMEOUT_EXCEEDED',
  164: 'READONLY',
  192: 'UNKNOWN_USER',
  202: 'TOO_MANY_SIMULTANEOUS_QUERIES',
  209: 'SOCKET_TIMEOUT',
  243: 'NOT_ENOUGH_SPACE',
  271: 'CANNOT_DECOMPRESS',
  307: 'TOO_MANY_BYTES',
  354: 'ZLIB_INFLATE_FAILED',
  371: 'CANNOT_PARSE_URL',
  372: 'SESSION_NOT_FOUND',
  373: 'SESSION_IS_LOCKED',
  374: 'INVALID_SESSION_TIMEOUT',
  396: 'TOO_MANY_ROWS_OR_BYTES',
  452: 'SETTING_CONSTRAINT_VIOLATION',
  482: 'INTO_OUTFILE_NOT_ALLOWED',
  493: 'ACCESS_ENTITY_ALREADY_EXISTS',
  497: 'ACCESS_DENIED',
  516: 'AUTHENTICATION_FAILED',
  606: 'SESSION_ID_EMPTY',
  700: 'USER_SESSION_LIMIT_EXCEEDED',
  1001: 'STD_EXCEPTION',
} as const

/** An error of the front's own, in the server's shape. */
export function exception(
  code: keyof typeof names,
  message: string,
  options?: ErrorOptions,
): ServerException {
  const text = `Code: ${code}. DB::Exception: ${message} (${names[code]})`
  return new ServerException(code, text, options)
}

/** The engine's error, whose code stands in its text. */
export function parseEngineError(error: unknown): ServerException {
  const text = error instanceof Error ? error.message : String(error)
  const found = /Code: (\d+)\. DB::/.exec(text)
  if (found === null) return exception(1001, text, { cause: error })
  return new ServerException(Number(found[1]), text.slice(found.index), { cause: error })
}

/** Whatever was thrown, as an answer. */
export function toServerException(error: unknown): ServerException {
  if (error instanceof ServerException) return error
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { code: '', message: String(error) }
  if (code === 'ENOSPC') return exception(243, `Cannot write to the data folder: ${message}.`)
  if (code?.startsWith('Z_')) return exception(354, `Cannot inflate the request body: ${message}.`)
  return exception(1001, message, { cause: error })
}

const statusByCode: ReadonlyMap<number, number> = new Map([
  // what the client wrote cannot be understood
  ...[
    6, 8, 15, 25, 26, 27, 36, 38, 41, 44, 53, 55, 56, 58, 62, 72, 117, 167, 168, 223, 321, 376, 427,
    434,
  ].map((code) => [code, 400] as const),
  [194, 401],
  ...[192, 193, 497, 512, 516].map((code) => [code, 403] as const),
  // it names something that does not exist
  ...[46, 47, 50, 60, 63, 73, 78, 81, 99, 115, 336, 511].map((code) => [code, 404] as const),
  [159, 408],
  [381, 411],
  [48, 501],
  ...[76, 209, 439].map((code) => [code, 503] as const),
])

/** The HTTP status that the server answers for an error code. */
export function statusOf(code: number): number {
  return statusByCode.get(code) ?? 500
}
