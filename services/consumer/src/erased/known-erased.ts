import { NOBODY_ERASED, type ErasedIds } from '@custom-events/event'
import type { Erasures } from '@custom-events/kafka'
import { haltFor, retryFor } from '../insert/retry.ts'
import type { RetryLoop } from '../insert/retry-loop.ts'

/** Who is erased, as an insert may rely on it. */
export interface KnownErased {
  readonly ids: ErasedIds
  readonly version: number
  /**
   * Whether an insert that leaves out these may still begin: nobody was erased meanwhile, and the topic was read to its
   * end not long ago. `custom-events erase` waits for so long: no insert that knows less begins after that, not even
   * one of a process that was stopped in between and goes on hours later.
   */
  readonly mayBegin: () => boolean
}

/** Waits until it is known. @throws {Abandoned} when nobody needs to know any more. */
export async function knowErased(options: {
  readonly erasures: Pick<Erasures, 'ids' | 'version' | 'ageMs' | 'trouble' | 'notReadyReason'>
  readonly retryLoop: Pick<RetryLoop, 'wait'>
  readonly maxAgeMs: number
}): Promise<KnownErased> {
  const { erasures, retryLoop, maxAgeMs } = options
  for (let attempt = 0; ; attempt++) {
    const { ids, version, ageMs, trouble, notReadyReason } = erasures
    if (notReadyReason === null && ageMs <= maxAgeMs) {
      const mayBegin = (): boolean => erasures.version === version && erasures.ageMs <= maxAgeMs
      return { ids, version, mayBegin }
    }
    const age = ageMs === Infinity ? 'never' : `${Math.round(ageMs / 1_000)} s ago`
    const text =
      notReadyReason ??
      `the topic of erasures was read to its end ${age}, longer ago than ${maxAgeMs / 1_000} s: ${trouble ?? 'it is slow'}`
    // A record that is not understood waits for a person; a topic that does not answer for Kafka.
    const isHalt = notReadyReason !== null && ageMs < Infinity
    const error = new Error(text)
    const wait = isHalt ? haltFor('erasures', attempt, error) : retryFor('erasures', attempt, error)
    await retryLoop.wait({ ...wait, delayMs: Math.min(wait.delayMs, LONGEST_PAUSE_MS) })
  }
}

const LONGEST_PAUSE_MS = 2_000

/** For those who know of no erasure. */
export const NOBODY_KNOWN: KnownErased = { ids: NOBODY_ERASED, version: 0, mayBegin: () => true }
