/** Bytes held in memory: what was fetched and not settled yet, and what is being sent. */
export interface MemoryBudget {
  readonly usedBytes: number
  /** True from 80 % of the budget on, until usage is below 50 %: so that fetching does not flutter. */
  readonly isPaused: boolean
  /** How often it changed to paused. */
  readonly pauses: number
  add(bytes: number): void
  remove(bytes: number): void
  /** Resolves when not paused, or when aborted. */
  room(signal: AbortSignal): Promise<void>
}

const PAUSE_ABOVE = 0.8
const RESUME_BELOW = 0.5

/** Whether to pause, from whether it is paused now and how much of the budget is used. */
export function shouldPause(isPaused: boolean, usedBytes: number, budgetBytes: number): boolean {
  return usedBytes > budgetBytes * (isPaused ? RESUME_BELOW : PAUSE_ABOVE)
}

/** @param budgetBytes soft: one fetch that is under way when it pauses still comes in. */
export function createMemoryBudget(budgetBytes: number): MemoryBudget {
  let usedBytes = 0
  let isPaused = false
  let pauses = 0
  let resumed = Promise.withResolvers<void>()
  resumed.resolve()

  const change = (bytes: number): void => {
    usedBytes += bytes
    const next = shouldPause(isPaused, usedBytes, budgetBytes)
    if (next === isPaused) return
    isPaused = next
    if (!next) return resumed.resolve()
    pauses++
    resumed = Promise.withResolvers()
  }
  return {
    get usedBytes() {
      return usedBytes
    },
    get isPaused() {
      return isPaused
    },
    get pauses() {
      return pauses
    },
    add: change,
    remove: (bytes) => change(-bytes),
    room: (signal) => untilAborted(resumed.promise, signal),
  }
}

/** Resolves with the promise, or as soon as the signal is aborted. */
export async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const aborted = Promise.withResolvers<void>()
  const onAbort = (): void => aborted.resolve()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
