-- Who sent and who read what, in numbers. Computed when asked: a day of one key is as fast as the index of received_at finds it.
CREATE OR REPLACE VIEW sent_by_key ${ON_CLUSTER}
(
    source   LowCardinality(String) COMMENT 'Name of the write key; empty without one.',
    day      Date32 COMMENT 'The day of received_at, UTC.',
    event    String COMMENT 'Name of the event; empty of rejected ones without a readable name.',
    events   UInt64 COMMENT 'Accepted events whose last copy came with this key on this day, each once.',
    rejected UInt64 COMMENT 'Events refused at the door.'
) AS
SELECT source, toDate32(received_at) AS day, toString(event_name) AS event, sum(accepted) AS events, sum(refused) AS rejected
FROM
(
    SELECT source, received_at, toString(events.event) AS event_name, 1 AS accepted, 0 AS refused FROM events FINAL
    UNION ALL
    SELECT source, received_at, ifNull(rejected_events.event, ''), 0, 1 FROM rejected_events FINAL
)
GROUP BY source, day, event_name
COMMENT 'Which write key sent how many of which events on which day: counted exactly, of what was neither erased nor has expired.';

CREATE OR REPLACE VIEW query_log_daily ${ON_CLUSTER}
(
    day        Date COMMENT 'The day of the query, by the clock of ClickHouse.',
    login      String COMMENT 'The ClickHouse user.',
    kind       String COMMENT 'Select, Insert and so on.',
    queries    UInt64 COMMENT 'How many ended.',
    failed     UInt64 COMMENT 'Of them, how many with an exception: what was not allowed is among them.',
    rows_read  UInt64 COMMENT 'Rows read from tables; 0 in the embedded ClickHouse, which does not tell.',
    bytes_read UInt64 COMMENT 'Bytes of them, uncompressed.',
    rows_sent  UInt64 COMMENT 'Rows of the answers.',
    bytes_sent UInt64 COMMENT 'Bytes of them, in memory.',
    last_at    DateTime COMMENT 'When the last one ended.'
) AS
SELECT
    event_date AS day, user AS login, query_kind AS kind, count() AS queries, countIf(exception_code != 0) AS failed,
    sum(read_rows) AS rows_read, sum(read_bytes) AS bytes_read, sum(result_rows) AS rows_sent, sum(result_bytes) AS bytes_sent,
    max(event_time) AS last_at
FROM system.query_log
WHERE type != 'QueryStart' AND is_initial_query
GROUP BY day, login, kind
COMMENT 'How much each ClickHouse user read, by day, from system.query_log: as far back as that is kept.';
