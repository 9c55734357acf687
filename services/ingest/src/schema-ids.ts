import { setTimeout as delay } from 'node:timers/promises'
import { fullJitter, type Logger } from '@custom-events/service'

/** Ids under which the registry knows our schemas; `null` until it has answered. */
export interface SchemaIds {
  readonly trackedId: number | null
  readonly rejectedId: number | null
  readonly notReadyReason: string | null
}

interface Registering {
  readonly subject: string
  readonly schema: string
}

/**
 * Registers both schemas in the background and retries for ever: the registry is needed once, so it
 * may come later than we do, and may go away again.
 */
export function registerSchemas(options: {
  readonly register: (subject: string, schema: string) => Promise<number>
  readonly tracked: Registering
  readonly rejected: Registering
  readonly log: Logger
  /** Bounds of the pause after a failure. @default 200 and 5_000 */
  readonly retryMs?: { readonly baseMs: number; readonly maxMs: number }
}): SchemaIds & AsyncDisposable {
  const { register, log, retryMs = { baseMs: 200, maxMs: 5_000 } } = options
  const stop = new AbortController()
  const ids: { tracked: number | null; rejected: number | null } = { tracked: null, rejected: null }
  let notReadyReason: string | null = 'the schemas are not registered yet'

  const run = async (): Promise<void> => {
    for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
      try {
        ids.tracked ??= await register(options.tracked.subject, options.tracked.schema)
        ids.rejected ??= await register(options.rejected.subject, options.rejected.schema)
        notReadyReason = null
        log.info({ trackedId: ids.tracked, rejectedId: ids.rejected }, 'schemas registered')
        return
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        if (reason !== notReadyReason) log.warn({ reason }, 'schemas not registered: retrying')
        notReadyReason = reason
      }
      await delay(fullJitter(attempt, retryMs), undefined, { signal: stop.signal }).catch(() => {})
    }
  }
  const running = run()

  return {
    get trackedId() {
      return ids.tracked
    },
    get rejectedId() {
      return ids.rejected
    },
    get notReadyReason() {
      return notReadyReason
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await running
    },
  }
}
