import { pino } from 'pino'
import { redact } from './config/redact.ts'

export type Logger = pino.Logger

/**
 * JSON lines on stdout: `level`, ISO `time`, `service`, a fixed sentence in `msg`, and fields. Whole lines are
 * redacted: addresses also stand in errors that libraries make.
 *
 * @param options.level the least severe level that is written.
 * @param destination where lines go. @default process.stdout
 */
export function createLogger(
  options: { readonly service: string; readonly level: string },
  destination: pino.DestinationStream = process.stdout,
): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.errWithCause },
      hooks: { streamWrite: redact },
    },
    destination,
  )
}
