import { setTimeout as delay } from 'node:timers/promises'

/**
 * Repeats `attempt` until it does not throw, for tests of what becomes true by itself.
 * @throws the last failure after `withinMs`.
 */
export async function eventually<T>(
  attempt: () => Promise<T> | T,
  { withinMs = 60_000, everyMs = 50 } = {},
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() + everyMs > deadline) throw error
      await delay(everyMs)
    }
  }
}
