import { isIPv6 } from 'node:net'
import { makeExactValidator, type RequiredValidatorSpec } from 'envalid'

/** One environment variable: how its text is read, its default, and the rule shown when it is broken. */
export type Variable<T> = RequiredValidatorSpec<T> & {
  /** What a value must be, in words; shown in errors and in the configuration reference. */
  readonly rule: string
  /** A secret is never shown, and may be given as a file named by `<NAME>_FILE`. */
  readonly isSecret: boolean
  /** One sentence for the configuration reference. */
  readonly description: string
}

interface Options<T> {
  readonly description: string
  /** Absent: the variable is required. */
  readonly default?: NonNullable<T>
}

/** Any text. @example text({ description: 'Kafka client id', default: 'ingest' }) */
export function text(options: Options<string>): Variable<string> {
  return variable('a non-empty text', (input) => input, options)
}

/** Text that is never shown or logged; also readable from `<NAME>_FILE`. */
export function secret(options: Options<string>): Variable<string> {
  return { ...text(options), isSecret: true }
}

/** One word of a closed list. */
export function choice<const C extends string>(
  choices: readonly C[],
  options: Options<C>,
): Variable<C> {
  const parse = (input: string): C => {
    const found = choices.find((known) => known === input)
    if (found === undefined) throw new TypeError('not one of the choices')
    return found
  }
  return variable(`one of ${choices.join(', ')}`, parse, options)
}

/** A whole number within `min` and `max`, both included. */
export function integer(
  options: Options<number> & { readonly min: number; readonly max: number },
): Variable<number> {
  const parse = (input: string): number => {
    const value = /^-?\d+$/.test(input) ? Number(input) : Number.NaN
    if (!(value >= options.min && value <= options.max)) throw new TypeError('out of range')
    return value
  }
  return variable(`a whole number from ${options.min} to ${options.max}`, parse, options)
}

/** `true` or `false`. */
export function flag(options: Options<boolean>): Variable<boolean> {
  const parse = (input: string): boolean => {
    if (input !== 'true' && input !== 'false') throw new TypeError('neither true nor false')
    return input === 'true'
  }
  return variable('true or false', parse, options)
}

/**
 * The base URL of a server, returned without a trailing slash. User, password and query are refused: they would be
 * shown wherever the address is, and clients drop or misread them in silence.
 *
 * @param options.path whether the server may live below a path.
 * @param options.instead where what is refused belongs.
 */
export function url(
  options: Options<string> & { readonly path?: 'none' | 'kept'; readonly instead?: string },
): Variable<string> {
  const { path = 'kept', instead = '' } = options
  const parse = (input: string): string => addressFrom(input, path)
  const without = path === 'none' ? 'user, path and query' : 'user and query'
  const rule = `an http:// or https:// URL without ${without}${instead === '' ? '' : `: ${instead}`}`
  return variable(rule, parse, options)
}

/** Several of them, separated by commas, all different: their order means something. The empty list is the default only. */
export function urls(
  options: Options<readonly string[]> & { readonly most: number; readonly instead: string },
): Variable<readonly string[]> {
  const parse = (input: string): readonly string[] => {
    const list = input.split(',').map((part) => addressFrom(part.trim(), 'none'))
    if (list.length > options.most) throw new TypeError('too many')
    if (new Set(list).size < list.length) throw new TypeError('one of them twice')
    return list
  }
  const rule =
    `up to ${options.most} different http:// or https:// URLs, separated by commas, without user, path and query: ` +
    options.instead
  return variable(rule, parse, options)
}

/** @throws {TypeError} when it is more or less than an address. */
function addressFrom(input: string, path: 'none' | 'kept'): string {
  const parsed = /^https?:\/\/[^/\s\\]+[^\s\\]*$/i.test(input) ? new URL(input) : null
  if (parsed === null) throw new TypeError('not http')
  const { username, password, search, hash, pathname, port } = parsed
  if (username + password + search + hash !== '') throw new TypeError('more than an address')
  if (/[?#@]/.test(input) || port === '0') throw new TypeError('more than an address')
  if (path === 'none' && !/^\/*$/.test(pathname)) throw new TypeError('a path')
  return input.replace(/\/+$/, '')
}

/** Comma-separated `host:port` pairs, an IPv6 address in brackets. */
export function brokers(options: Options<readonly string[]>): Variable<readonly string[]> {
  const parse = (input: string): readonly string[] => {
    const list = input.split(',').map((part) => part.trim())
    const isUsable = (part: string): boolean => {
      const found = /^(?:[A-Za-z0-9._-]+|\[([^\]]+)\]):(\d{1,5})$/.exec(part)
      if (found === null) return false
      const [, address, port] = found
      const isHost = address === undefined || isIPv6(address)
      return isHost && Number(port) > 0 && Number(port) <= 65_535
    }
    if (!list.every(isUsable)) throw new TypeError('not host:port')
    return list
  }
  return variable(
    'host:port, or several separated by commas: a name, an IPv4 address or an IPv6 address in brackets, no http://, ' +
      'a port from 1 to 65535',
    parse,
    options,
  )
}

/** A name that matches as a whole, with the rule in words. */
export function name(
  options: Options<string> & { readonly pattern: RegExp; readonly rule: string },
): Variable<string> {
  const parse = (input: string): string => {
    if (!options.pattern.test(input)) throw new TypeError('not such a name')
    return input
  }
  return variable(options.rule, parse, options)
}

/** An address to listen on. */
export function listenHost(options: Options<string>): Variable<string> {
  return name({
    ...options,
    pattern: /^[A-Za-z0-9.:_%-]{1,255}$/,
    rule: 'a host name or address, without port and brackets',
  })
}

function variable<T>(rule: string, parse: (input: string) => T, options: Options<T>): Variable<T> {
  const defaults = 'default' in options ? { default: options.default } : {}
  const spec = makeExactValidator<T>(parse)({ desc: options.description, ...defaults })
  return { ...spec, rule, isSecret: false, description: options.description }
}
