import { readRecipes } from '../../tools/cookbook/recipe.ts'

export interface Question {
  readonly name: string
  readonly sql: string
  readonly params: Readonly<Record<string, string>>
}

/** The range of the generated events, whole days of UTC. */
const RANGE = { from: '2025-11-01', to: '2026-12-01', tz: 'UTC' }

/** What the tables of docs/analysts.md ask, each in the way that the docs advise. */
const PLAIN: Readonly<Record<string, string>> = {
  'count()': 'SELECT count() FROM tracked',
  'count() of the table': 'SELECT count() FROM events',
  'bytes of properties': 'SELECT sum(length(properties)) FROM tracked',
  'bytes of properties of the table': 'SELECT sum(length(properties)) FROM events',
  'one account, by event': `SELECT event, count(), uniqExact(user_id) FROM tracked WHERE group_id = 'account_17' GROUP BY event`,
  'one account, last 30 days': `SELECT toDate(timestamp), count() FROM tracked
    WHERE group_id = 'account_17' AND timestamp >= (SELECT max(timestamp) FROM events) - INTERVAL 30 DAY GROUP BY 1`,
  'one event by day, 13 months': `SELECT toDate(timestamp) AS day, count() FROM tracked WHERE event = 'feature_used' GROUP BY day`,
  'one event by day, of the table': `SELECT toDate(timestamp) AS day, count() FROM events WHERE event = 'feature_used' GROUP BY day`,
  'one event by day, rollup': `SELECT day, sum(events) FROM events_daily WHERE event = 'feature_used' GROUP BY day`,
  "one user's timeline": `SELECT * FROM user_timeline(user_id = 'user_17_40') ORDER BY timestamp`,
  'events by name, first and last seen':
    'SELECT event, count(), min(timestamp), max(timestamp) FROM tracked GROUP BY event',
  'freshness of the last hour': `SELECT quantile(0.95)(dateDiff('millisecond', received_at, inserted_at)) FROM tracked
    WHERE timestamp >= (SELECT max(timestamp) FROM events) - INTERVAL 1 HOUR`,
  'active users by day, rollup':
    'SELECT day, uniqExactArray(user_hashes) FROM active_users_daily GROUP BY day',
  'active users per account and day, rollup': 'SELECT group_id, day, users FROM active_users_daily',
  'events per day, account and event, rollup':
    'SELECT group_id, event, day, events FROM events_daily',
  'catalogue of events': 'SELECT * FROM catalogue_events',
  'catalogue of properties': 'SELECT * FROM catalogue_properties',
}

/** Those of docs/analysts.md, then the whole cookbook over all thirteen months. */
export function questions(only: string): readonly Question[] {
  const plain = Object.entries(PLAIN).map(([name, sql]) => ({ name, sql, params: {} }))
  const cookbook = readRecipes().map(({ name, sql, own }) => ({
    name: `cookbook ${name}`,
    sql,
    params: { ...RANGE, ...Object.fromEntries(own.map((each) => [each.name, ours(each.example)])) },
  }))
  return [...plain, ...cookbook].filter(({ name }) => name.includes(only))
}

/** The cookbook's examples are of its own sample; of the generated events these are as frequent. */
const OURS: Readonly<Record<string, string>> = {
  acme_0: 'user_17_40',
  error_shown: 'search_performed',
  report_created: 'item_created',
  code: 'item_id',
}

const ours = (example: string): string => OURS[example] ?? example
