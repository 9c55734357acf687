import {
  distinct,
  divided,
  inRange,
  named,
  orderedBy,
  own,
  percentile,
  rounded,
  rowsBy,
  userOf,
  type Asked,
  type Truth,
} from './asked.ts'

export const errorRate: Truth = (asked) =>
  rowsBy(
    inRange(asked),
    ({ timestamp }) => asked.clock.monday(timestamp),
    (monday, of) => {
      const errors = named(of, own(asked, 'event'))
      const [users, users_with_errors] = [distinct(of, userOf), distinct(errors, userOf)]
      return {
        monday,
        users,
        users_with_errors,
        errors_seen: errors.length,
        share: rounded(users_with_errors / users, 3),
      }
    },
  )

function isReceived({ begins, ends }: Asked, at: number): boolean {
  return at >= begins && at < ends
}

export const delay: Truth = (asked) => {
  const received = asked.sample.events.filter(({ received_at }) => isReceived(asked, received_at))
  return rowsBy(
    received,
    ({ received_at }) => asked.clock.day(received_at),
    (day, of) => {
      const delays = of.map(({ received_at, inserted_at }) => inserted_at - received_at)
      const offsets = of.flatMap(({ received_at, sent_at }) =>
        sent_at === null ? [] : received_at - sent_at,
      )
      const seconds = (values: readonly number[], share: number): number | null =>
        divided(percentile(values, share), 1_000)
      return {
        day,
        events: of.length,
        median_seconds: seconds(delays, 0.5),
        p95_seconds: seconds(delays, 0.95),
        max_seconds: Math.max(...delays) / 1_000,
        median_clock_offset_seconds: seconds(offsets, 0.5),
      }
    },
  )
}

const FUTURE = Date.parse('2100-01-01T00:00:00Z')
/** From a request's receipt to the acceptance of its events, and between two clocks. */
export const MARGIN_MS = 20_000

/** The sample lies in the past: what is there is counted. */
export const complete: Truth = ({ sample, begins, ends }) => {
  if (begins >= ends) return []
  const rollups = ['catalogue', 'catalogue_daily', 'daily'].map((name) => ({
    name,
    covers_the_range: Number(ends < FUTURE),
  }))
  const topics = sample.topics.map(({ topic, completeUntil }) => ({
    name: topic,
    covers_the_range: Number(
      completeUntil.length > 0 && Math.min(...completeUntil) - MARGIN_MS >= ends,
    ),
  }))
  return orderedBy([...rollups, ...topics], 'name')
}

export const rejectedBySource: Truth = (asked) => {
  const refused = asked.sample.rejected.filter(({ received_at }) => isReceived(asked, received_at))
  const rows = rowsBy(
    refused,
    ({ source, code }) => `${source} ${code}`,
    (key, of) => {
      const [source = '', code = ''] = key.split(' ')
      return {
        source,
        code,
        refused: of.length,
        open: of.filter(({ resolution }) => resolution === null).length,
        accounts: distinct(
          of.filter(({ group_id }) => group_id !== null),
          ({ group_id }) => group_id,
        ),
        last_day: asked.clock.day(Math.max(...of.map(({ received_at }) => received_at))),
      }
    },
  )
  return orderedBy(rows, '-refused', 'source', 'code')
}

export const openRefusals: Truth = (asked) => {
  const { rejected, deadLetters } = asked.sample
  const refused = [
    ...rejected.map(({ code, received_at, resolution }) => ({
      key: `rejected|${code}`,
      at: received_at,
      resolution,
    })),
    ...deadLetters.map(({ error_code, dead_lettered_at, resolution }) => ({
      key: `dead letter|${error_code}`,
      at: dead_lettered_at,
      resolution,
    })),
  ]
  const shown = refused.filter(({ at }) => isReceived(asked, at))
  const rows = rowsBy(
    shown,
    ({ key }) => key,
    (key, of) => {
      const [kind = '', reason = ''] = key.split('|')
      const ended = (how: string | null): number =>
        of.filter(({ resolution }) => resolution === how).length
      return {
        kind,
        reason,
        refused: of.length,
        open: ended(null),
        replayed: ended('replayed'),
        superseded: ended('superseded'),
      }
    },
  )
  return orderedBy(rows, '-open', 'kind', 'reason')
}
