/** @returns `null`, without running the work, when too much waits already. */
export type Semaphore = <T>(work: () => Promise<T>) => Promise<T | null>

/** Runs so many pieces of work at once; so many more wait, first come first served. */
export function createSemaphore(maxRunning: number, maxWaiting: number): Semaphore {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (waiting.length >= maxWaiting) return null
    if (running === maxRunning) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next() // it takes over this place
    }
  }
}
