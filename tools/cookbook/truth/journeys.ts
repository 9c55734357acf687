import type { SampleEvent } from '../sample.ts'
import {
  byTime,
  compare,
  distinct,
  divided,
  inRange,
  memberOf,
  named,
  orderedBy,
  own,
  percentile,
  rounded,
  rowsBy,
  userOf,
  type Row,
  type Truth,
} from './asked.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export const funnel: Truth = (asked) => {
  const steps = ['first', 'second', 'third'].map((name) => own(asked, name))
  const windowMs = Number(own(asked, 'days')) * DAY_MS
  const known = byTime(inRange(asked)).filter(({ user_id }) => user_id !== null)
  const reached = [...Map.groupBy(known, memberOf).values()].map((of) =>
    furthest(of, steps, windowMs),
  )
  const after = (count: number): number => reached.filter((each) => each >= count).length
  return steps.map((step, index) => ({
    step,
    users: after(index + 1),
    share: after(1) === 0 ? null : rounded(after(index + 1) / after(1), 3),
  }))
}

/** From each beginning: how many steps were taken in order and within the window; the most of all. */
function furthest(
  events: readonly SampleEvent[],
  steps: readonly string[],
  windowMs: number,
): number {
  const [first = '', ...rest] = steps
  const counts = named(events, first).map(({ timestamp: began }) => {
    let at = began
    let count = 1
    for (const step of rest) {
      const next = named(events, step).find(
        ({ timestamp }) => timestamp >= at && timestamp <= began + windowMs,
      )
      if (next === undefined) break
      at = next.timestamp
      count += 1
    }
    return count
  })
  return Math.max(0, ...counts)
}

interface Next {
  readonly event: SampleEvent
  readonly next: string
  readonly laterMs: number | null
}

function nextOf(event: SampleEvent, next: SampleEvent | undefined): Next {
  const laterMs = next === undefined ? Infinity : next.timestamp - event.timestamp
  if (next === undefined || laterMs > HOUR_MS) return { event, next: '(nothing)', laterMs: null }
  return { event, next: next.event, laterMs }
}

export const paths: Truth = (asked) => {
  const after = own(asked, 'event')
  const all = [...Map.groupBy(byTime(inRange(asked)), memberOf).values()].flatMap((of) =>
    of.map((event, index) => nextOf(event, of[index + 1])),
  )
  const found = all.filter(({ event }) => event.event === after)
  const rows = rowsBy(
    found,
    ({ next }) => next,
    (next, of) => ({
      next,
      times: of.length,
      users: distinct(of, ({ event }) => memberOf(event)),
      median_seconds: rounded(
        divided(
          percentile(
            of.flatMap(({ laterMs }) => laterMs ?? []),
            0.5,
          ),
          1_000,
        ),
        1,
      ),
    }),
  )
  return orderedBy(rows, '-times', 'next')
}

export const timeToFirstValue: Truth = (asked) => {
  const known = byTime(inRange(asked)).filter(({ user_id }) => user_id !== null)
  const began = [...Map.groupBy(known, memberOf).values()].flatMap((of) => {
    const [first] = named(of, own(asked, 'first'))
    if (first === undefined) return []
    const value = named(of, own(asked, 'value')).find(
      ({ timestamp }) => timestamp >= first.timestamp,
    )
    return [
      {
        at: first.timestamp,
        tookMs: value === undefined ? null : value.timestamp - first.timestamp,
      },
    ]
  })
  return rowsBy(
    began,
    ({ at }) => asked.clock.monday(at),
    (monday, of) => {
      const took = of.flatMap(({ tookMs }) => tookMs ?? [])
      const hours = (share: number): number | null =>
        rounded(divided(percentile(took, share), HOUR_MS), 2)
      return {
        monday,
        users: of.length,
        reached: took.length,
        median_hours: hours(0.5),
        p90_hours: hours(0.9),
      }
    },
  )
}

export const beforeAndAfter: Truth = (asked) => {
  const { sample, clock } = asked
  const spanMs = Number(own(asked, 'days')) * DAY_MS
  const upgrades = new Map<string, number>()
  for (const { group_id, timestamp } of byTime(named(inRange(asked), own(asked, 'event')))) {
    if (!upgrades.has(group_id)) upgrades.set(group_id, timestamp)
  }
  const ordered = [...upgrades].toSorted(
    ([one, at], [other, otherAt]) => at - otherAt || compare(one, other),
  )
  return ordered.map(([group_id, at]): Row => {
    const ofAccount = sample.events.filter((event) => event.group_id === group_id)
    const before = ofAccount.filter(({ timestamp }) => timestamp >= at - spanMs && timestamp < at)
    const after = ofAccount.filter(({ timestamp }) => timestamp > at && timestamp <= at + spanMs)
    return {
      group_id,
      day: clock.day(at),
      events_before: before.length,
      events_after: after.length,
      users_before: distinct(before, userOf),
      users_after: distinct(after, userOf),
    }
  })
}

export const userTimeline: Truth = (asked) =>
  byTime(inRange(asked))
    .filter(({ user_id }) => user_id === own(asked, 'user'))
    .map(({ timestamp, group_id, event, properties }) => ({
      at: asked.clock.text(timestamp),
      group_id,
      event,
      properties: JSON.stringify(properties),
    }))

export const identifiedVisitors: Truth = (asked) => {
  const withVisitor = byTime(inRange(asked)).filter(({ anonymous_id }) => anonymous_id !== null)
  const visitorOf = ({ group_id, anonymous_id }: SampleEvent): string =>
    `${group_id} ${anonymous_id}`
  const visitors = [...Map.groupBy(withVisitor, visitorOf).values()].map((of) => {
    const first = of[0]?.timestamp ?? 0
    const known = of.find(({ user_id }) => user_id !== null)
    return { first, tookMs: known === undefined ? null : known.timestamp - first }
  })
  return rowsBy(
    visitors,
    ({ first }) => asked.clock.monday(first),
    (monday, of) => {
      const took = of.flatMap(({ tookMs }) => tookMs ?? [])
      return {
        monday,
        visitors: of.length,
        identified: took.length,
        share: rounded(took.length / of.length, 3),
        median_hours: rounded(divided(percentile(took, 0.5), HOUR_MS), 2),
      }
    },
  )
}
