/** Where all events are that clients have made so far; they are never more and never fewer than were made. */
export interface Flow {
  /** In ingest, which has not answered yet. */
  held: number
  /** Refused with 503, to be sent again. */
  refused: number
  /** In Kafka, not inserted yet. */
  lag: number
  /** Of them, how many are left of each second; those before `oldest` are gone. */
  readonly log: { readonly second: number; left: number }[]
  oldest: number
  inserted: number
  /** Deleted by Kafka's retention before they were inserted. */
  lost: number
}

/** One second. */
export interface Second {
  readonly second: number
  /** New events of clients. */
  readonly made: number
  /** The most that ingest and Kafka take. */
  readonly takes: number
  /** The most that ingest holds while Kafka does not take them. */
  readonly holds: number
  /** The most that consumers and ClickHouse insert. */
  readonly inserts: number
  /** So old, Kafka deletes it. */
  readonly retentionSeconds: number
}

export function emptyFlow(): Flow {
  return { held: 0, refused: 0, lag: 0, log: [], oldest: 0, inserted: 0, lost: 0 }
}

/** Events move on by one second: what waited goes first, then what is new. */
export function flowOn(flow: Flow, now: Second): void {
  const offered = flow.held + flow.refused + now.made
  const taken = Math.min(offered, now.takes)
  flow.held = Math.min(offered - taken, now.holds)
  flow.refused = offered - taken - flow.held
  if (taken > 0) flow.log.push({ second: now.second, left: taken })
  flow.lag += taken
  flow.inserted += leave(flow, { most: now.inserts, madeBefore: Infinity })
  flow.lost += leave(flow, { most: Infinity, madeBefore: now.second - now.retentionSeconds + 1 })
}

/** Takes the oldest out of the log. @returns how many. */
function leave(
  flow: Flow,
  { most, madeBefore }: { readonly most: number; readonly madeBefore: number },
): number {
  let moved = 0
  for (let oldest = flow.log[flow.oldest]; oldest !== undefined && oldest.second < madeBefore;) {
    const some = Math.min(oldest.left, most - moved)
    oldest.left -= some
    moved += some
    if (oldest.left > 0) break
    flow.oldest += 1
    oldest = flow.log[flow.oldest]
  }
  flow.lag = flow.oldest === flow.log.length ? 0 : flow.lag - moved // no dust of rounding
  return moved
}

/** Until Kafka deletes what was not inserted, if nothing is inserted from now on. */
export function secondsToLoss(flow: Flow, { second, retentionSeconds }: Second): number {
  return retentionSeconds - (second - (flow.log[flow.oldest]?.second ?? second))
}
