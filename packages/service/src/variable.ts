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

/** An absolute http or https URL, returned without a trailing slash. */
export function url(options: Options<string>): Variable<string> {
  const parse = (input: string): string => {
    const { protocol } = new URL(input)
    if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('not http')
    return input.replace(/\/$/, '')
  }
  return variable('an http:// or https:// URL', parse, options)
}

/** Comma-separated `host:port` pairs. */
export function brokers(options: Options<readonly string[]>): Variable<readonly string[]> {
  const parse = (input: string): readonly string[] => {
    const list = input.split(',').map((part) => part.trim())
    if (!list.every((part) => /^[^\s:]+:\d{1,5}$|^\[[^\]\s]+\]:\d{1,5}$/.test(part))) {
      throw new TypeError('not host:port')
    }
    return list
  }
  return variable('host:port, or several separated by commas', parse, options)
}

function variable<T>(rule: string, parse: (input: string) => T, options: Options<T>): Variable<T> {
  const defaults = 'default' in options ? { default: options.default } : {}
  const spec = makeExactValidator<T>(parse)({ desc: options.description, ...defaults })
  return { ...spec, rule, isSecret: false, description: options.description }
}
