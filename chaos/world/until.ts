import { setTimeout as delay } from 'node:timers/promises'

/**
 * Repeats an attempt until it does not throw.
 * @returns what it returned then, and after how long.
 * @throws what it threw last, when the time is over or the signal aborted.
 */
export async function until<T>(
  attempt: () => Promise<T> | T,
  options: {
    readonly withinMs: number
    readonly everyMs?: number
    readonly signal?: AbortSignal
  },
): Promise<{ readonly value: T; readonly tookMs: number }> {
  const { withinMs, everyMs = 200, signal } = options
  const startedAt = performance.now()
  for (;;) {
    try {
      return { value: await attempt(), tookMs: Math.round(performance.now() - startedAt) }
    } catch (error) {
      const isOver = performance.now() - startedAt + everyMs > withinMs
      if (isOver || signal?.aborted === true) throw error
      await delay(everyMs)
    }
  }
}
