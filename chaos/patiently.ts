import { setTimeout as delay } from 'node:timers/promises'

const PAUSE_MS = 1_000

/** Tries again every second, so many times in all. @throws what the last attempt threw. */
export async function patiently<T>(act: () => Promise<T>, attempts: number): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act()
    } catch (error) {
      if (attempt >= attempts) throw error
      await delay(PAUSE_MS)
    }
  }
}
