import {
  distinct,
  inRange,
  named,
  orderedBy,
  own,
  rounded,
  rowsBy,
  userOf,
  type Row,
  type Truth,
} from './asked.ts'

export const accountHealth: Truth = ({ sample, clock, begins, ends }) => {
  const since = begins - (ends - begins)
  const events = sample.events.filter(({ timestamp }) => timestamp >= since && timestamp < ends)
  const rows = rowsBy(
    events,
    ({ group_id }) => group_id,
    (group_id, of): Row => {
      const during = of.filter(({ timestamp }) => timestamp >= begins)
      const before = of.length - during.length
      return {
        group_id,
        events: during.length,
        events_before: before,
        change: before === 0 ? null : rounded(during.length / before - 1, 3),
        users: distinct(during, userOf),
        days_active: distinct(during, ({ timestamp }) => clock.day(timestamp)),
        last_day: clock.day(Math.max(...of.map(({ timestamp }) => timestamp))),
      }
    },
  )
  return orderedBy(rows, 'change', 'group_id')
}

export const revenue: Truth = (asked) => {
  const paid = named(inRange(asked), own(asked, 'event')).flatMap((event) => {
    const { amount, currency } = event.properties
    return typeof amount === 'number'
      ? [{ ...event, amount, currency: typeof currency === 'string' ? currency : '' }]
      : []
  })
  return rowsBy(
    paid,
    ({ timestamp, currency }) => `${asked.clock.month(timestamp)} ${currency}`,
    (key, of) => {
      const [month = '', currency = ''] = key.split(' ')
      const cents = of.reduce(
        (sum, { amount }) => sum + Number(amount.toFixed(2).replace('.', '')),
        0,
      )
      return {
        month,
        currency,
        payments: of.length,
        accounts: distinct(of, ({ group_id }) => group_id),
        total: cents / 100,
      }
    },
  )
}
