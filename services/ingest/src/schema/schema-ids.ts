import { setTimeout as delay } from 'node:timers/promises'
import { isSameSchema } from '@custom-events/codec'
import { SchemaRegistryError, type SchemaRegistry } from '@custom-events/kafka'
import { fullJitter, type Logger } from '@custom-events/runtime'

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

/** Of a schema, in the registry's own words or ours. */
interface Held extends Registering {
  id: number | null
}

/** A registry that was restored from another day is noticed after so long. */
const LOOK_EVERY_MS = 15_000

/**
 * Registers both schemas in the background and retries for ever: the registry may come later than we do, and may go
 * away again. Then it is asked again and again whether it still knows them by these ids: what is written with an id
 * that it does not know, nobody can read.
 */
export function registerSchemas(options: {
  readonly registry: Pick<SchemaRegistry, 'register' | 'schema'>
  readonly tracked: Registering
  readonly rejected: Registering
  readonly log: Logger
  /** Bounds of the pause after a failure. @default 200 and 5_000 */
  readonly retryMs?: { readonly baseMs: number; readonly maxMs: number }
  /** @default 15_000 */
  readonly lookEveryMs?: number
}): SchemaIds & AsyncDisposable {
  const { registry, log } = options
  const { retryMs = { baseMs: 200, maxMs: 5_000 }, lookEveryMs = LOOK_EVERY_MS } = options
  const stop = new AbortController()
  const tracked: Held = { ...options.tracked, id: null }
  const rejected: Held = { ...options.rejected, id: null }
  let notReadyReason: string | null = 'the schemas are not registered yet'

  const pause = (ms: number): Promise<void> =>
    delay(ms, undefined, { signal: stop.signal }).catch(() => {})

  const registerMissing = async (): Promise<void> => {
    for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
      try {
        for (const held of [tracked, rejected]) {
          held.id ??= await registry.register(held.subject, held.schema)
        }
        notReadyReason = null
        log.info({ trackedId: tracked.id, rejectedId: rejected.id }, 'schemas registered')
        return
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        if (reason !== notReadyReason) log.warn({ reason }, 'schemas not registered: retrying')
        notReadyReason = reason
      }
      await pause(fullJitter(attempt, retryMs))
    }
  }

  /** From the moment when an id is found to be wrong nothing is written with it. */
  const look = async (): Promise<void> => {
    for (const held of [tracked, rejected]) {
      const wrong = await whatIsWrong(registry, held)
      if (wrong === null) continue
      notReadyReason = wrong
      held.id = null
      log.error(
        { reason: wrong },
        'the registry does not know what is written: registering again (docs/runbook.md)',
      )
    }
  }

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      if (tracked.id === null || rejected.id === null) await registerMissing()
      await pause(lookEveryMs)
      if (!stop.signal.aborted) await look()
    }
  }
  const running = run()

  return {
    get trackedId() {
      return tracked.id
    },
    get rejectedId() {
      return rejected.id
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

/** @returns what the registry says against the id, or `null`: also when it is away, for then the id is as good as before. */
async function whatIsWrong(
  registry: Pick<SchemaRegistry, 'schema'>,
  { id, subject, schema }: Held,
): Promise<string | null> {
  if (id === null) return null
  try {
    const found = await registry.schema(id, { isFresh: true })
    if (isSameSchema(found, schema)) return null
    return `schema ${id} in the registry is not that of ${subject}: was it restored?`
  } catch (error) {
    const isOther =
      error instanceof SchemaRegistryError &&
      (error.failure === 'unknown' || error.failure === 'unsupported')
    return isOther ? `the registry knows no schema ${id} of ${subject}: was it restored?` : null
  }
}
