import { addDays, isoWeekday } from '../clock.ts'
import type { SampleEvent } from '../sample.ts'
import {
  byTime,
  compare,
  distinct,
  inRange,
  memberOf,
  orderedBy,
  own,
  percentile,
  rounded,
  rowsBy,
  userOf,
  type Asked,
  type Row,
  type Truth,
} from './asked.ts'

export const eventsPerDay: Truth = (asked) =>
  rowsBy(
    inRange(asked),
    (event) => `${asked.clock.day(event.timestamp)} ${event.event}`,
    (key, of) => {
      const [day = '', event = ''] = key.split(' ')
      return { day, event, events: of.length }
    },
  )

/** Events on whole days of UTC, as the rollups know them. */
function onDaysOfUtc({ sample, parameters, clock }: Asked): readonly SampleEvent[] {
  const [from = '', to = ''] = [parameters['from']?.slice(0, 10), parameters['to']?.slice(0, 10)]
  return sample.events.filter(
    ({ timestamp }) => clock.day(timestamp) >= from && clock.day(timestamp) < to,
  )
}

export const eventsPerDayUtc: Truth = (asked) => {
  const keyOf = ({ group_id, timestamp, event }: SampleEvent): string =>
    [group_id, asked.clock.day(timestamp), event].join(' ')
  return rowsBy(onDaysOfUtc(asked), keyOf, (key, of) => {
    const [group_id = '', day = '', event = ''] = key.split(' ')
    return { group_id, day, event, events: of.length }
  })
}

const activeOn = ({ clock }: Asked, events: readonly SampleEvent[]): readonly Row[] =>
  rowsBy(
    events,
    ({ timestamp }) => clock.day(timestamp),
    (day, of) => ({
      day,
      users: distinct(of, userOf),
      accounts: distinct(of, ({ group_id }) => group_id),
    }),
  )

export const activeUsers: Truth = (asked) => activeOn(asked, inRange(asked))
export const activeUsersUtc: Truth = (asked) => activeOn(asked, onDaysOfUtc(asked))

export const newAndReturning: Truth = (asked) => {
  const { sample, clock, ends } = asked
  const firstMonday = new Map<string, string>()
  for (const event of byTime(sample.events)) {
    if (event.timestamp < ends && !firstMonday.has(userOf(event))) {
      firstMonday.set(userOf(event), clock.monday(event.timestamp))
    }
  }
  return rowsBy(
    inRange(asked),
    ({ timestamp }) => clock.monday(timestamp),
    (monday, of) => {
      const users = new Set(of.map(userOf))
      const new_users = [...users].filter((user) => firstMonday.get(user) === monday).length
      return { monday, users: users.size, new_users, returning_users: users.size - new_users }
    },
  )
}

export const weekOverWeek: Truth = (asked) => {
  const keyOf = ({ timestamp, event }: SampleEvent): string =>
    `${asked.clock.monday(timestamp)} ${event}`
  const counts = new Map(
    [...Map.groupBy(inRange(asked), keyOf)].map(([key, of]) => [key, of.length]),
  )
  return [...counts]
    .toSorted(([one], [other]) => compare(one, other))
    .map(([key, events]) => {
      const [monday = '', event = ''] = key.split(' ')
      const before = counts.get(`${addDays(monday, -7)} ${event}`)
      return {
        monday,
        event,
        events,
        change: before === undefined ? null : rounded(events / before - 1, 3),
      }
    })
}

export const busyHours: Truth = (asked) => {
  const { clock } = asked
  const rows = rowsBy(
    inRange(asked),
    ({ timestamp }) => `${isoWeekday(clock.day(timestamp))} ${clock.hour(timestamp)}`,
    (key, of) => {
      const [weekday, hour] = key.split(' ').map(Number)
      return { weekday: weekday ?? 0, hour: hour ?? 0, events: of.length }
    },
  )
  return orderedBy(rows, 'weekday', 'hour')
}

export const sessions: Truth = (asked) => {
  const pauseMs = Number(own(asked, 'minutes')) * 60_000
  const found: SampleEvent[][] = []
  for (const of of Map.groupBy(byTime(inRange(asked)), memberOf).values()) {
    let last: SampleEvent | undefined
    for (const event of of) {
      if (last === undefined || event.timestamp - last.timestamp > pauseMs) found.push([])
      found.at(-1)?.push(event)
      last = event
    }
  }
  const beganAt = (session: readonly SampleEvent[]): number => session[0]?.timestamp ?? 0
  const seconds = (session: readonly SampleEvent[]): number =>
    ((session.at(-1)?.timestamp ?? 0) - beganAt(session)) / 1_000
  return rowsBy(
    found,
    (session) => asked.clock.day(beganAt(session)),
    (day, of) => ({
      day,
      sessions: of.length,
      users: distinct(of.flat(), userOf),
      median_seconds: rounded(percentile(of.map(seconds), 0.5), 1),
      events_per_session: rounded(of.flat().length / of.length, 2),
    }),
  )
}

export const powerUsers: Truth = (asked) => {
  const daysOf = [...Map.groupBy(inRange(asked), userOf).values()].map((of) =>
    distinct(of, ({ timestamp }) => asked.clock.day(timestamp)),
  )
  const rows = rowsBy(daysOf, String, (days, of) => ({
    days_active: Number(days),
    users: of.length,
  }))
  return orderedBy(rows, 'days_active')
}
