import { cleanEnv, EnvMissingError, type CleanedEnv } from 'envalid'
import { connectionProblems } from './connection-problems.ts'
import { redactUrl } from './redact.ts'
import { readSecret, type SecretFiles } from './secret-source.ts'
import { shardProblems } from './shards.ts'
import type { Variable } from './variable.ts'
import { LOGIN_OF_ROLE, namesOfOtherServices, sharedVariables } from './variables.ts'

/** One thing wrong with the configuration: which variable, what it holds, which rule it breaks. */
export interface ConfigProblem {
  readonly variable: string
  /** The value as given; `undefined` when it is missing; `(secret)` when it must not be shown at all. */
  readonly value: string | undefined
  readonly rule: string
}

/** Every problem of a configuration at once. `runService` prints it and exits 78 (sysexits EX_CONFIG). */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(`configuration is wrong:\n${problems.map(describeProblem).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export type Variables = Record<string, Variable<unknown>>
type Environment = Readonly<Record<string, string | undefined>>

/** What `readConfig` returns: the parsed values by variable name. */
export type Config<V extends Variables> = CleanedEnv<V> & {
  /** Where secrets came from that may be read again, see `secretSource`. */
  readonly secretFiles: SecretFiles
}

/** Prefixes that are ours: an unknown variable that starts with one is most likely a typing mistake. */
export const OWN_PREFIXES = [
  'KAFKA_',
  'SCHEMA_REGISTRY_',
  'CLICKHOUSE_',
  'BATCH_',
  'WRITE_KEYS_',
  'AUTH_',
  'RATE_LIMIT_',
  'TRACKING_PLAN',
  'AUDIT_RETENTION_',
]
const FAMILY = new Set([...Object.keys(sharedVariables), ...namesOfOtherServices])

/**
 * Reads a service's whole configuration once.
 * An empty variable counts as absent; a secret may come from the file that `<NAME>_FILE` names.
 *
 * @param together finds values that are allowed each and cannot work with each other; asked when each is.
 * @throws {ConfigError} naming every variable that is wrong, its value and the rule.
 */
export function readConfig<V extends Variables>(
  variables: V,
  environment: Environment,
  together: (config: Config<V>) => readonly ConfigProblem[] = () => [],
): { readonly config: Config<V>; readonly warnings: readonly string[] } {
  const problems: ConfigProblem[] = []
  const values = withSecretFiles(variables, dropEmpty(environment), problems)
  const cleaned = cleanEnv(values, variables, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries(errors)) {
        const variable = variables[name]
        if (variable === undefined || error === undefined) continue
        if (problems.some((known) => known.variable === name)) continue
        problems.push(problemOf(name, variable, values[name], error))
      }
    },
  })
  const config = { ...cleaned, secretFiles: secretFilesOf(variables, values) }
  if (problems.length === 0) {
    problems.push(
      ...connectionProblems(config),
      ...shardProblems(config, values),
      ...together(config),
    )
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return { config, warnings: unknownVariables(variables, values) }
}

function dropEmpty(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  )
}

function withSecretFiles(
  variables: Variables,
  values: Readonly<Record<string, string>>,
  problems: ConfigProblem[],
): Record<string, string> {
  const resolved = { ...values }
  for (const [name, variable] of Object.entries(variables)) {
    const path = values[`${name}_FILE`]
    if (!variable.isSecret || path === undefined) continue
    if (values[name] !== undefined) {
      problems.push({ variable: name, value: '(secret)', rule: `set it or ${name}_FILE, not both` })
      continue
    }
    try {
      resolved[name] = readSecret(path)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      problems.push({ variable: `${name}_FILE`, value: path, rule: `a readable file: ${reason}` })
    }
  }
  return resolved
}

function secretFilesOf(
  variables: Variables,
  values: Readonly<Record<string, string>>,
): SecretFiles {
  const given = Object.entries(variables).flatMap(([name, { isSecret }]) => {
    const path = isSecret ? values[`${name}_FILE`] : undefined
    return path === undefined ? [] : [[name, path]]
  })
  return Object.fromEntries(given)
}

function problemOf(
  name: string,
  variable: Variable<unknown>,
  value: string | undefined,
  error: Error,
): ConfigProblem {
  if (error instanceof EnvMissingError) {
    return { variable: name, value: undefined, rule: `required: ${variable.rule}` }
  }
  return { variable: name, value: variable.isSecret ? '(secret)' : value, rule: variable.rule }
}

function unknownVariables(
  variables: Variables,
  values: Readonly<Record<string, string>>,
): readonly string[] {
  const isKnown = (name: string): boolean => {
    if (name in variables || FAMILY.has(name) || LOGIN_OF_ROLE.test(name)) return true // one file of variables may serve all services
    const plain = name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : name
    return variables[plain]?.isSecret === true || FAMILY.has(plain)
  }
  return Object.keys(values)
    .filter((name) => OWN_PREFIXES.some((prefix) => name.startsWith(prefix)) && !isKnown(name))
    .map((name) => `${name} is no variable of ours: it has no effect${suggestion(name, variables)}`)
}

function suggestion(name: string, variables: Variables): string {
  const near = Object.keys(variables).find(
    (known) => known.startsWith(name) || name.startsWith(known) || sorted(known) === sorted(name),
  )
  return near === undefined ? '' : `; did you mean ${near}?`
}

/** Letters in order: two that were swapped are the same. */
function sorted(name: string): string {
  return name.split('').toSorted().join('')
}

function describeProblem({ variable, value, rule }: ConfigProblem): string {
  const got = value === undefined ? 'is not set' : `is ${JSON.stringify(redactUrl(value))}`
  return `  ${variable} ${got}; expected ${rule}`
}
