import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouse } from '@custom-events/clickhouse'
import type { Logger } from '@custom-events/runtime'

export interface RollupFreshnessOptions {
  /** A connection of its own: what is slow here holds no batch back. */
  readonly clickhouse: Pick<ClickHouse, 'query'>
  readonly log: Pick<Logger, 'warn' | 'info'>
  /** Told of each rollup after each look; `null`: nothing is known of any. */
  readonly onLook: (behindSeconds: ReadonlyMap<string, number> | null) => void
  /** @default a minute, which is how often rollups are counted */
  readonly everyMs?: number
  /** Resolves early when aborted. @default that of the system's clock */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>
}

const EVERY_MS = 60_000

const UNKNOWN =
  'how far the rollups are behind is not known, so no alert tells it; events go on ' +
  '(docs/runbook.md#customeventsrollupslate)'

/**
 * Tells how far the rollups of ClickHouse are behind what is in it, for an alert: ClickHouse counts them by itself and tells
 * nobody when it fails. It never throws, and nothing waits for it.
 */
export function watchRollups(options: RollupFreshnessOptions): AsyncDisposable {
  const { log, onLook, everyMs = EVERY_MS, pause = sleep } = options
  const closing = new AbortController()
  let isKnown = true

  const look = async (): Promise<void> => {
    try {
      onLook(await behindSeconds(options.clickhouse))
      if (!isKnown) log.info({}, 'how far the rollups are behind is known again')
      isKnown = true
    } catch (error) {
      onLook(null)
      if (isKnown) log.warn({ err: error }, UNKNOWN)
      isKnown = false
    }
  }

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await look()
      await pause(everyMs, closing.signal)
    }
  }
  const running = run()
  const closed = new Promise<void>((resolve) => {
    closing.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  return {
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await Promise.race([running, closed]) // not for a ClickHouse that does not answer
    },
  }
}

/** By rollup; endless for one that is not filled yet. */
async function behindSeconds(
  clickhouse: RollupFreshnessOptions['clickhouse'],
): Promise<ReadonlyMap<string, number>> {
  const rows = await clickhouse.query<{ readonly name: string; readonly behind: number | null }>(
    'SELECT name, behind_seconds AS behind FROM rollup_freshness',
  )
  return new Map(rows.map(({ name, behind }) => [name, behind ?? Infinity]))
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, null, { signal }).catch(() => {})
}
