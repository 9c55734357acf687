import { ServerException } from '../engine/errors.ts'

/** Errors whose text tells of the query, of rights or of places: never of what a row holds, nor of how many there are. */
const WITHOUT_VALUES: ReadonlySet<number> = new Set([
  10, 16, 33, 40, 42, 43, 46, 47, 48, 57, 60, 62, 63, 73, 81, 89, 115, 131, 159, 164, 179, 184, 192,
  202, 207, 209, 215, 241, 243, 271, 352, 354, 371, 372, 373, 386, 394, 396, 403, 452, 456, 457,
  497, 516, 606, 700,
])
/** Its name, which ends what ClickHouse says. */
const NAME = /\([A-Z0-9_]+\)(?= (?:\(version [^)]*\))?$|$)/

/**
 * What a login of one account is told of an error. Functions are asked of the whole dictionary of a column, conditions of the first
 * and last times of a part, both before the row policy; some, such as base64Decode, quote the value that they fail on, whosever it
 * is. See docs/decisions/0045-roles.md.
 */
export function toldToAccount(error: ServerException): ServerException {
  const { code, message } = error
  if (WITHOUT_VALUES.has(code)) return error
  const name = NAME.exec(message.trimEnd())?.[0] ?? ''
  return new ServerException(
    code,
    `Code: ${code}. DB::Exception: What it says is kept from logins of accounts: it may quote values of others. ${name}`,
    { cause: error },
  )
}
