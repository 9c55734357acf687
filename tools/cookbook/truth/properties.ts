import {
  distinct,
  inRange,
  named,
  orderedBy,
  own,
  percentile,
  rounded,
  rowsBy,
  userOf,
  type Truth,
} from './asked.ts'

export const featureAdoption: Truth = (asked) => {
  const accounts = distinct(inRange(asked), ({ group_id }) => group_id)
  const used = named(inRange(asked), 'feature_used').filter(
    ({ properties }) => typeof properties['feature_name'] === 'string',
  )
  const rows = rowsBy(
    used,
    ({ properties }) => String(properties['feature_name']),
    (feature_name, of) => {
      const having = distinct(of, ({ group_id }) => group_id)
      return {
        feature_name,
        accounts: having,
        users: distinct(of, userOf),
        uses: of.length,
        share_of_accounts: rounded(having / accounts, 3),
      }
    },
  )
  return orderedBy(rows, '-accounts', '-uses', 'feature_name')
}

export const topValues: Truth = (asked) => {
  const property = own(asked, 'property')
  const all = named(inRange(asked), own(asked, 'event'))
  const having = all.filter(({ properties }) => property in properties)
  const rows = rowsBy(
    having,
    ({ properties }) => JSON.stringify(properties[property]),
    (value, of) => ({
      value,
      events: of.length,
      users: distinct(of, userOf),
      share: rounded(of.length / all.length, 3),
    }),
  )
  return orderedBy(rows, '-events', 'value').slice(0, 20)
}

export const distinctValues: Truth = (asked) => {
  const members = named(inRange(asked), own(asked, 'event')).flatMap(({ properties }) =>
    Object.entries(properties),
  )
  return rowsBy(
    members,
    ([property]) => property,
    (property, of) => ({
      property,
      events: of.length,
      distinct_values: distinct(of, ([, value]) => JSON.stringify(value)),
    }),
  )
}

export const percentiles: Truth = (asked) => {
  const values = named(inRange(asked), own(asked, 'event')).flatMap(({ timestamp, properties }) => {
    const value = properties[own(asked, 'property')]
    return typeof value === 'number' ? [{ timestamp, value }] : []
  })
  return rowsBy(
    values,
    ({ timestamp }) => asked.clock.monday(timestamp),
    (monday, of) => {
      const numbers = of.map(({ value }) => value)
      return {
        monday,
        events: of.length,
        median: percentile(numbers, 0.5),
        p90: percentile(numbers, 0.9),
        p99: percentile(numbers, 0.99),
        maximum: Math.max(...numbers),
      }
    },
  )
}
