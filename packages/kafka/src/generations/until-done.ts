import { setTimeout as delay } from 'node:timers/promises'
import { KafkaProblem } from '../errors/kafka-problem.ts'

const PAUSE_MS = 50

/**
 * Tries until it is so: a topic that was just made is not known to every broker at once.
 *
 * @param why what has not become so, in words.
 * @throws {KafkaProblem} at once when a right is missing, which no further try changes.
 * @throws when it is not so in time, with what was wrong with the last try.
 */
export async function untilDone(
  isDone: () => Promise<boolean> | boolean,
  why: () => string,
  withinMs: number,
): Promise<void> {
  const overdueAt = performance.now() + withinMs
  let cause: unknown
  do {
    cause = undefined
    try {
      if (await isDone()) return
    } catch (error) {
      if (error instanceof KafkaProblem && error.isRightMissing) throw error
      cause = error
    }
    await delay(PAUSE_MS)
  } while (performance.now() < overdueAt)
  const told = cause instanceof Error ? `: ${cause.message}` : ''
  throw new Error(`${why()} within ${withinMs / 1_000} s${told}`, { cause })
}
