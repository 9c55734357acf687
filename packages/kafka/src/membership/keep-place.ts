import { pause } from './pause.ts'
import type { Membership } from './membership-port.ts'

/**
 * Does what takes its time before an assignment begins, with heartbeats meanwhile: a broker that does not answer is waited for
 * longer than a session lasts. What a heartbeat says is heard again by the first of the assignment; a member that was
 * forgotten is none any more, as `isMember` tells.
 */
export async function keepPlace<T>(
  member: Pick<Membership, 'heartbeat'>,
  heartbeatMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const beats = async (): Promise<void> => {
    for (;;) {
      await pause(heartbeatMs, over.signal)
      if (over.signal.aborted) return
      await member.heartbeat().catch(() => {})
    }
  }
  void beats()
  try {
    return await work()
  } finally {
    over.abort()
  }
}
