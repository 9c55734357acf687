import { createLogger, shownConfig, type Logger } from '@custom-events/runtime'

type LoggerOptions = Parameters<typeof createLogger>[0]

/** Tells what a command was configured with, and what to mind about it, on stderr. @returns the command's logger. */
export function tellConfig(
  service: string,
  variables: Parameters<typeof shownConfig>[0],
  environment: NodeJS.ProcessEnv,
  read: {
    readonly config: { readonly LOG_LEVEL: LoggerOptions['level'] }
    readonly warnings: readonly string[]
  },
): Logger {
  const log = createLogger({ service, level: read.config.LOG_LEVEL }, process.stderr)
  log.info({ config: shownConfig(variables, environment) }, 'configuration')
  for (const warning of read.warnings) log.warn(warning)
  return log
}
