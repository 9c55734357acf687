// Ways to see rows of another account, made of what is asked, of whom, and how. THEM is an expression: its name.

import {
  ASKED_WITH_SETTINGS,
  IN_THE_ADDRESS,
  OTHERS,
  SETTINGS,
  SYSTEM_QUESTIONS,
  SYSTEM_TABLES,
} from './attempts-else.ts'

export interface Attempt {
  readonly sql: string
  /** Of the address. */
  readonly search?: Readonly<Record<string, string>>
}

/** What can be read, with a column that says whose a row is; `null`: it has none. */
const SOURCES: readonly (readonly [source: string, column: string | null])[] = [
  ['tracked', 'group_id'],
  ['events', 'group_id'],
  ['events FINAL', 'group_id'],
  ['custom_events.events AS e', 'e.group_id'],
  ['event_feature_used', 'group_id'],
  ["user_timeline(user_id = concat(THEM, '-user-1'))", 'group_id'],
  [
    "user_timeline(user_id = '') AS u RIGHT JOIN events AS e ON e.event_id = u.event_id",
    'e.group_id',
  ],
  ['events_daily', 'group_id'],
  ['rollup_daily', 'group_id'],
  ['rollup_daily FINAL', 'group_id'],
  ['active_users_daily', 'group_id'],
  ['active_users_weekly', 'group_id'],
  ['active_users_monthly', 'group_id'],
  ["merge('custom_events', 'events')", 'group_id'],
  ["merge('custom_events', '^(events|rollup_daily)$')", 'group_id'],
  ["merge('custom_events', 'tracked')", 'group_id'],
  ["merge(REGEXP('custom.*'), 'event.*')", 'group_id'],
  ['loop(custom_events, events) LIMIT 100', null],
  ['(SELECT * FROM loop(custom_events.events) LIMIT 5000)', 'group_id'],
  ['view(SELECT * FROM events)', 'group_id'],
  ['view(SELECT * FROM rollup_daily)', 'group_id'],
  ['(SELECT * FROM tracked)', 'group_id'],
  ['(SELECT * FROM events UNION ALL SELECT * FROM events)', 'group_id'],
  ['numbers(3) AS n CROSS JOIN events AS e', 'e.group_id'],
  ['events AS a FULL JOIN events AS b ON a.event_id = b.event_id', 'b.group_id'],
  [
    'events AS a ASOF JOIN events AS b ON a.event = b.event AND a.timestamp >= b.timestamp',
    'b.group_id',
  ],
  ['(SELECT 1 AS one) AS o LEFT JOIN events AS e ON 1 = 1', 'e.group_id'],
  ['mergeTreeIndex(custom_events, events)', 'group_id'],
  ['"mergeTreeInde\\x78"(custom_events, events)', 'group_id'],
  ['mergeTreeIndex(custom_events, rollup_daily, with_marks = true)', null],
  ['mergeTreeProjection(custom_events, events, p)', null],
  ['mergeTreeTextIndex(custom_events, events, user_id_lookup)', null],
  ['mergeTreeAnalyzeIndexes(custom_events, events)', null],
  ["remote('127.0.0.1', custom_events.events)", 'group_id'],
  ["remoteSecure('127.0.0.1', custom_events.events)", 'group_id'],
  ["cluster('default', custom_events.events)", 'group_id'],
  ["clusterAllReplicas('default', custom_events.events)", 'group_id'],
  ["dictionary('events')", null],
  ["file('data/store/*/*/*/data.bin', 'RawBLOB', 'x String')", null],
  ["url('http://127.0.0.1:1/', 'RawBLOB', 'x String')", null],
  ["executable('cat /etc/passwd', 'TSV', 'x String')", null],
  ["sqlite('x', 'events')", null],
  ["input('x String')", null],
  ['timeSeriesData(custom_events.events)', null],
  ['rollup_daily_refresh', 'group_id'],
  ['catalogue', 'event'],
  ['catalogue_daily', 'event'],
  ['catalogue_events', 'event'],
  ['catalogue_properties', 'event'],
  ['catalogue_refresh', 'event'],
  ['rejected_events', 'group_id'],
  ['rejected_events FINAL', 'group_id'],
  ['dead_letters', 'key'],
  ['migrations', null],
  ['kafka_logs', null],
  ['settled', null],
  ['complete_until', null],
  ['rollup_freshness', null],
  ['tracked_unsealed', 'group_id'],
  ['erasures', 'id_sha256'],
  ['erasure_days', 'group_id'],
  ['custom_events_keys.seal_keys', 'group_id'],
  ['custom_events_keys.destroyed_keys', null],
  ['audit', 'arguments'],
  ['retention', 'event'],
  ['sent_by_key', null],
  ['query_log_daily', null],
  ["merge('custom_events_keys', '.*')", 'group_id'],
]

/** Of each source that says whose a row is: COL is that column. */
const QUESTIONS: readonly string[] = [
  'SELECT * FROM SRC',
  'SELECT DISTINCT COL FROM SRC',
  'SELECT * FROM SRC WHERE COL = THEM',
  "SELECT * FROM SRC WHERE COL != 'acme'",
  'SELECT min(COL), max(COL), any(COL), anyLast(COL) FROM SRC',
  'SELECT COL, count() FROM SRC GROUP BY COL WITH TOTALS',
  'SELECT COL FROM SRC ORDER BY COL DESC LIMIT 1 BY COL',
  'SELECT groupArray(COL), groupUniqArray(COL), topK(9)(COL) FROM SRC',
  'SELECT throwIf(COL = THEM) FROM SRC',
  'SELECT 1 FROM SRC WHERE throwIf(COL = THEM) = 0',
  'SELECT 1 FROM SRC WHERE intDiv(1, toUInt8(COL != THEM)) = 1',
  'SELECT 1 FROM SRC WHERE toUInt64(COL) > 0',
  'SELECT toDate(COL) FROM SRC',
  'SELECT count() FROM (SELECT 1 FROM SRC WHERE COL = THEM)',
  'SELECT THEM IN (SELECT COL FROM SRC)',
  'SELECT (SELECT max(COL) FROM SRC)',
  'SELECT 1 WHERE EXISTS (SELECT 1 FROM SRC WHERE COL = THEM)',
  'SELECT lagInFrame(COL) OVER (ORDER BY COL DESC) FROM SRC',
  'SELECT COL FROM SRC INTERSECT SELECT THEM',
  'EXPLAIN SELECT * FROM SRC WHERE COL = THEM',
  'EXPLAIN indexes = 1, actions = 1 SELECT * FROM SRC WHERE COL = THEM',
  'EXPLAIN PIPELINE SELECT COL FROM SRC',
  'SELECT * FROM (EXPLAIN indexes = 1 SELECT * FROM SRC WHERE COL = THEM)',
  'EXPLAIN QUERY TREE SELECT COL FROM SRC',
  'EXPLAIN SYNTAX SELECT COL FROM SRC',
  'DESCRIBE (SELECT COL FROM SRC)',
]

/** Of any source. */
const SHORT_QUESTIONS: readonly string[] = ['SELECT * FROM SRC', 'SELECT count() FROM SRC']

/** Of tables and views themselves. */
const TABLES = [
  'events',
  'tracked',
  'event_feature_used',
  'events_daily',
  'rollup_daily',
  'active_users_daily',
  'rejected_events',
  'dead_letters',
  'catalogue',
  'catalogue_daily',
  'catalogue_properties',
  'tracked_unsealed',
  'erasures',
  'audit',
  'retention',
  'custom_events_keys.seal_keys',
]
const COMMANDS: readonly string[] = [
  'SHOW CREATE TABLE SRC',
  'DESCRIBE TABLE SRC',
  'EXISTS SRC',
  'CHECK TABLE SRC',
  'INSERT INTO SRC SELECT * FROM SRC',
  'CREATE TABLE stolen ENGINE = Memory AS SELECT * FROM SRC',
  'CREATE TEMPORARY TABLE stolen AS SELECT * FROM SRC',
  'CREATE VIEW stolen AS SELECT * FROM SRC',
  'CREATE VIEW stolen DEFINER = setup SQL SECURITY DEFINER AS SELECT * FROM SRC',
  'CREATE VIEW stolen SQL SECURITY NONE AS SELECT * FROM SRC',
  "CREATE TABLE stolen ENGINE = Merge('custom_events', 'SRC')",
  'CREATE TABLE stolen ENGINE = Alias(custom_events, SRC)',
  "CREATE TABLE stolen ENGINE = Buffer('custom_events', 'SRC', 1, 1, 1, 1, 1, 1, 1)",
  'CREATE MATERIALIZED VIEW stolen ENGINE = Memory AS SELECT * FROM SRC',
  "CREATE DICTIONARY stolen (group_id String) PRIMARY KEY group_id SOURCE(CLICKHOUSE(TABLE 'SRC')) LAYOUT(FLAT()) LIFETIME(1)",
  'ALTER TABLE SRC MODIFY SQL SECURITY NONE',
  'ALTER TABLE SRC ADD PROJECTION p (SELECT group_id ORDER BY group_id)',
  'ALTER TABLE SRC FREEZE',
  'RENAME TABLE SRC TO stolen',
  'EXCHANGE TABLES SRC AND tracked',
  'ATTACH TABLE SRC',
  'BACKUP TABLE SRC TO Memory(1)',
  "SELECT * FROM SRC INTO OUTFILE 'x'",
  'EXPLAIN ESTIMATE SELECT * FROM SRC WHERE group_id = THEM',
  'SELECT * FROM (EXPLAIN ESTIMATE SELECT * FROM SRC WHERE group_id = THEM)',
  "SELECT * FROM viewExplain('EXPLAIN ESTIMATE', '', (SELECT * FROM SRC WHERE group_id = THEM))",
  'EXPLAIN TABLE OVERRIDE SELECT * FROM SRC',
]

/** By functions: `$'` of a regular expression means something in a text that replaces. */
function put(question: string, source: string, column = ''): string {
  return question.replaceAll('SRC', () => source).replaceAll('COL', () => column)
}

/** Every way, once. */
export function attempts(): readonly Attempt[] {
  const statements = [
    ...SOURCES.flatMap(([source, column]) =>
      (column === null ? SHORT_QUESTIONS : QUESTIONS).map((question) =>
        put(question, source, column ?? ''),
      ),
    ),
    ...TABLES.flatMap((table) => COMMANDS.map((command) => put(command, table))),
    ...ASKED_WITH_SETTINGS.flatMap((asked) =>
      SETTINGS.map((settings) => `${asked} SETTINGS ${settings}`),
    ),
    ...SYSTEM_TABLES.flatMap((table) => SYSTEM_QUESTIONS.map((question) => put(question, table))),
    ...OTHERS,
  ]
  return [
    ...[...new Set(statements)].map((sql) => ({ sql })),
    ...IN_THE_ADDRESS.flatMap((search) => ASKED_WITH_SETTINGS.map((sql) => ({ sql, search }))),
  ]
}
