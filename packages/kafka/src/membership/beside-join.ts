import { forgottenAs } from '../consumer/consumer-errors.ts'
import { pause } from './pause.ts'
import { KafkaCodeError } from '../errors/kafka-errors.ts'

const NOT_COORDINATOR = 16

/**
 * Joins, and goes on with heartbeats over another connection meanwhile: a join is answered when the slowest has joined, or
 * never, by a machine that is away. It is given up when the group has forgotten us, when another broker coordinates the
 * group by now or the one waited for was not to be reached in between, and when no heartbeat is answered for a session.
 */
export async function joinWithHeartbeats<T>(options: {
  readonly heartbeatMs: number
  readonly sessionTimeoutMs: number
  /** @returns which broker knows us; `null`: none can yet. @throws what Kafka says. */
  readonly heartbeat: () => Promise<number | null>
  /** Told of each answer. */
  readonly onHeard: () => void
  /** @param waitsFor to be told which broker is asked. */
  readonly join: (givenUp: AbortSignal, waitsFor: (nodeId: number) => void) => Promise<T>
  /** Milliseconds of a clock that never jumps. @default performance.now */
  readonly now?: () => number
}): Promise<T> {
  const { heartbeatMs, sessionTimeoutMs, heartbeat, onHeard, join } = options
  const { now = () => performance.now() } = options
  const [over, givenUp] = [new AbortController(), new AbortController()]
  let waitedFor: number | null = null
  let wasAway = false
  let heardAt = now()

  const known = (by: number | null): void => {
    heardAt = now()
    if (by === null || over.signal.aborted) return
    const isOther = waitedFor !== null && by !== waitedFor
    if (isOther || wasAway) givenUp.abort(new KafkaCodeError(NOT_COORDINATOR))
    else onHeard()
  }

  const beats = async (): Promise<void> => {
    while (!over.signal.aborted && !givenUp.signal.aborted) {
      try {
        known(await heartbeat())
      } catch (error) {
        wasAway ||= waitedFor !== null
        const isSilent = now() - heardAt > sessionTimeoutMs
        if (isSilent || forgottenAs(error) !== null) givenUp.abort(error)
      }
      await pause(heartbeatMs, over.signal)
    }
  }

  void beats()
  try {
    return await join(givenUp.signal, (nodeId) => (waitedFor = nodeId))
  } finally {
    over.abort()
  }
}
