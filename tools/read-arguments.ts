import { parseArgs, type ParseArgsConfig } from 'node:util'

/** sysexits.h EX_USAGE. */
const EXIT_USAGE = 64

/**
 * `parseArgs` for people: `--help` prints the usage and ends the process with 0; what cannot be read says
 * why, prints the usage and ends it with 64.
 */
export function readArguments<T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${usage}\n`)
    process.exit(0)
  }
  try {
    return parseArgs(config)
  } catch (error) {
    return refuseArguments(usage, error)
  }
}

/** Says why, prints the usage and ends the process. */
export function refuseArguments(usage: string, why: unknown): never {
  process.stderr.write(`${why instanceof Error ? why.message : String(why)}\n\n${usage}\n`)
  process.exit(EXIT_USAGE)
}

/** @returns the number that was said, or `undefined`. Ends the process when it is none. */
export function readNumber(
  usage: string,
  option: string,
  said: string | undefined,
  isAllowed: (value: number) => boolean = (value) => value >= 0,
): number | undefined {
  if (said === undefined) return undefined
  const value = Number(said)
  if (said.trim() !== '' && isAllowed(value)) return value
  return refuseArguments(
    usage,
    `--${option}: not a number that can be used: ${JSON.stringify(said)}`,
  )
}
