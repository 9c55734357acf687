-- What analysts query: each event once, its last accepted copy, hot properties as typed columns.
CREATE OR REPLACE VIEW tracked ${ON_CLUSTER} AS
SELECT
    event_id,
    event,
    group_id,
    user_id,
    anonymous_id,
    timestamp,
    sent_at,
    received_at,
    inserted_at,
    properties,
    context,
    extra,
    source,
    ${HOT_COLUMNS}
    kafka_partition,
    kafka_offset,
    version
FROM events FINAL;
