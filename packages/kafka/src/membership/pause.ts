import { setTimeout as delay } from 'node:timers/promises'

/** Waits, or not, when aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, null, { signal }).catch(() => {})
}
