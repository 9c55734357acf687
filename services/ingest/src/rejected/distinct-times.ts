/** Requests whose times are remembered; those asked about longest ago are forgotten. */
const MAX_IDS = 20_000
/** Of a time that is told as the one at which a request came. */
const MAX_LATER_MS = 1_000

/**
 * Gives each request that has rejected events a time that no other of the same id has in this process: the time it came, or
 * up to a second later. Where that second is full, two may have the same.
 *
 * The id of a request may be its client's (`X-Request-Id`), and who handles one request and sends three passes on the same one for
 * each. A rejected event is known by the id and the time of its request and its place in it: of two that are alike
 * in all of these the table keeps one.
 */
export function createDistinctTimes(): (requestId: string, receivedAt: number) => number {
  let young = new Map<string, number>()
  let old = new Map<string, number>()
  return (requestId, receivedAt) => {
    const last = young.get(requestId) ?? old.get(requestId) ?? -Infinity
    const next = Math.max(receivedAt, last + 1)
    const time = next - receivedAt > MAX_LATER_MS ? receivedAt : next
    if (young.size >= MAX_IDS / 2) {
      old = young
      young = new Map()
    }
    young.set(requestId, time)
    return time
  }
}
