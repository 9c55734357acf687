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
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`)
    process.exit(EXIT_USAGE)
  }
}
