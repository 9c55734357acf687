import { setTimeout as delay } from 'node:timers/promises'
import { ClickHouseFailure } from '@custom-events/clickhouse'
import { KafkaProblem, SchemaRegistryError } from '@custom-events/kafka'
import { isTlsProblem } from './clickhouse-fix.ts'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 2_000

export interface Patience {
  /** Which server is asked, and where: for the message. */
  readonly server: string
  /** After so long the last failure is thrown; 0: at the first. */
  readonly limitMs: number
  readonly print: (line: string) => void
}

/**
 * Does a step again while its server does not answer; the step must be one that may be repeated.
 * @throws what the step threw, at once when the server did answer
 */
export async function untilAnswered<T>(patience: Patience, run: () => Promise<T>): Promise<T> {
  const { server, limitMs, print } = patience
  const startedAt = performance.now()
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await run()
    } catch (error) {
      const leftMs = limitMs - (performance.now() - startedAt)
      if (!isAway(error) || leftMs <= 0) throw error
      if (pauseMs === FIRST_PAUSE_MS) {
        print(`waiting for ${server}: up to ${Math.ceil(leftMs / 1_000)} s more`)
      }
      await delay(Math.min(pauseMs, leftMs))
    }
  }
}

/** Whether nobody answered, or somebody whose answer passes by itself: starting, overloaded. */
export function isAway(error: unknown): boolean {
  if (error instanceof KafkaProblem) return error.isUnreachable
  if (error instanceof SchemaRegistryError) {
    return error.failure === 'unavailable' && error.remedy === null
  }
  if (error instanceof ClickHouseFailure) {
    const { network } = error.failure
    return network !== null && !isTlsProblem(network)
  }
  return false
}
