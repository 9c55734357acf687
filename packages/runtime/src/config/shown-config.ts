import { readConfig, type Variables } from './config.ts'
import { redactUrl } from './redact.ts'

/**
 * Every variable with the value in force, for one line of the log at the start: of a secret only whether it is set, of
 * an address neither user nor password.
 */
export function shownConfig(
  variables: Variables,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, unknown>> {
  const values: Readonly<Record<string, unknown>> = readConfig(variables, environment).config
  return Object.fromEntries(
    Object.entries(variables).map(([name, { isSecret }]) => [name, shown(values[name], isSecret)]),
  )
}

function shown(value: unknown, isSecret: boolean): unknown {
  if (isSecret) return value === '' || value === undefined ? 'unset' : 'set'
  if (Array.isArray(value)) return value.map((each) => shown(each, false))
  return typeof value === 'string' ? redactUrl(value) : value
}
