-- What events and properties there are, counted as rollups.sql counts: see there. Every event is there; of its
-- properties a day has at most 200, and of all events at most 20,000: the rarest are left out. What an event and day that
-- are counted anew had before, and have no more, is written with events = 0.
--
-- Compiled aggregates (26.7) take a DateTime64 before 1970 for one after 2262 in min and max.
CREATE OR REPLACE MATERIALIZED VIEW catalogue_daily_refresh ${ON_CLUSTER}
REFRESH AFTER 1 MINUTE APPEND TO catalogue_daily AS
WITH
    (SELECT counted_until FROM rollup_freshness WHERE name = 'catalogue_daily') AS known_until,
    ${REFRESH},
    (SELECT groupArray((month, known)) FROM (
        SELECT toYYYYMM(day) AS month, sum(events) AS known FROM catalogue_daily FINAL
        WHERE is_new_hour AND event != '' AND property = '' GROUP BY month HAVING known > 0)) AS known_by_month,
    -- Read once: of an event and day that is not counted anew nothing may be written with 0.
    (SELECT groupUniqArray((event, toDate32(timestamp))) FROM events
        WHERE NOT is_first AND inserted_at > before - toIntervalMinute(5)) AS changed
SELECT * EXCEPT (place), began AS refreshed_at
FROM
(
    SELECT * FROM (
    SELECT
        event,
        property,
        day,
        count() AS events,
        countIf(startsWith(value, '"')) AS strings,
        countIf(match(value, '^[-0-9]')) AS numbers,
        countIf(value IN ('true', 'false')) AS booleans,
        countIf(startsWith(value, '{')) AS objects,
        countIf(startsWith(value, '[')) AS arrays,
        countIf(value = 'null') AS nulls,
        if(has(${PERSONAL_PROPERTIES}, property), [], arraySort(arrayDistinct(arrayFilter(x -> x != '', [
            anyIf(leftUTF8(value, 80), value != 'null'),
            minIf(leftUTF8(value, 80), value != 'null'),
            maxIf(leftUTF8(value, 80), value != 'null')])))) AS examples,
        min(timestamp) AS first_seen,
        max(timestamp) AS last_seen,
        1 AS place
    FROM
    (
        SELECT event, toDate32(timestamp) AS day, timestamp, pair.1 AS property, pair.2 AS value
        FROM events FINAL
        ARRAY JOIN arrayPushFront(
            arrayFilter(pair -> pair.1 != '', JSONExtractKeysAndValuesRaw(properties)), ('', '')) AS pair
        PREWHERE is_first
            OR toYYYYMM(timestamp) IN (SELECT arrayJoin(months_in_turn))
            OR (event, toDate32(timestamp)) IN (SELECT pair.1, pair.2 FROM (SELECT arrayJoin(changed) AS pair))
    )
    GROUP BY event, property, day
    ORDER BY property != '', events DESC, property
    LIMIT 201 BY event, day
    )
    ORDER BY events DESC, property
    LIMIT 20000 BY day, if(property = '', event, '')
    UNION ALL
    SELECT event, property, day, 0, 0, 0, 0, 0, 0, 0, [], first_seen, last_seen, 1
    FROM catalogue_daily
    WHERE events > 0 AND (is_first
        OR toYYYYMM(day) IN (SELECT arrayJoin(months_in_turn))
        OR (event, day) IN (SELECT pair.1, pair.2 FROM (SELECT arrayJoin(changed) AS pair)))
    UNION ALL
    SELECT '', mark.1, mark.2, 0, 0, 0, 0, 0, 0, 0, [], began, began, mark.3 FROM (SELECT arrayJoin(marks) AS mark)
)
ORDER BY place, event DESC, property DESC, day, events DESC
LIMIT 1 BY event, property, day
SETTINGS max_threads = 1, max_insert_threads = 1, use_skip_indexes_if_final = 0, compile_aggregate_expressions = 0,
    max_memory_usage = 3000000000, max_bytes_before_external_group_by = 1000000000, max_bytes_before_external_sort = 500000000
;

-- Summed up when the days have been counted anew, looked at every ten seconds. What was there and is no more is
-- written with events = 0 and no examples: so no value of a deleted event outlives the next merge.
CREATE OR REPLACE MATERIALIZED VIEW catalogue_refresh ${ON_CLUSTER}
REFRESH AFTER 10 SECOND APPEND TO catalogue AS
WITH
    (SELECT counted_until FROM rollup_freshness WHERE name = 'catalogue_daily') AS days_until,
    (SELECT counted_until FROM rollup_freshness WHERE name = 'catalogue') AS summed_until,
    ifNull(days_until > ifNull(summed_until, toDateTime64(0, 3, 'UTC')), false) AS is_due
SELECT *, assumeNotNull(days_until) AS refreshed_at
FROM
(
    SELECT
        event, property, sum(daily.events) AS events, countIf(daily.events > 0) AS days,
        sum(daily.strings) AS strings, sum(daily.numbers) AS numbers, sum(daily.booleans) AS booleans,
        sum(daily.objects) AS objects, sum(daily.arrays) AS arrays, sum(daily.nulls) AS nulls,
        argMaxIf(daily.examples, day, daily.events > 0) AS examples,
        minIf(daily.first_seen, daily.events > 0) AS first_seen,
        maxIf(daily.last_seen, daily.events > 0) AS last_seen
    FROM
    (
        SELECT * EXCEPT (refreshed_at) FROM catalogue_daily FINAL WHERE is_due AND event != '' AND events > 0
        UNION ALL
        SELECT event, property, toDate32(0), 0, 0, 0, 0, 0, 0, 0, [], first_seen, last_seen
        FROM catalogue WHERE is_due AND event != '' AND events > 0
    ) AS daily
    GROUP BY event, property
    UNION ALL
    SELECT '', '', 0, 0, 0, 0, 0, 0, 0, 0, [], toDateTime64(0, 3, 'UTC'), toDateTime64(0, 3, 'UTC') WHERE is_due
)
ORDER BY event DESC, property DESC
SETTINGS max_threads = 1, max_insert_threads = 1, compile_aggregate_expressions = 0,
    max_memory_usage = 3000000000, max_bytes_before_external_group_by = 1000000000, max_bytes_before_external_sort = 300000000;

CREATE OR REPLACE VIEW catalogue_events ${ON_CLUSTER}
(
    event      LowCardinality(String) COMMENT 'Name of the event.',
    events     UInt64 COMMENT 'How many there are, each once.',
    days       UInt64 COMMENT 'On how many days, UTC, it was seen.',
    first_seen DateTime64(3, 'UTC') COMMENT 'The earliest timestamp: a new or misspelt event has a late one.',
    last_seen  DateTime64(3, 'UTC') COMMENT 'The latest timestamp: of a dead event it is long ago.'
) SQL SECURITY INVOKER AS
SELECT event, events, days, first_seen, last_seen
FROM catalogue FINAL
WHERE property = '' AND event != '' AND catalogue.events > 0 AND refreshed_at >= (SELECT max(refreshed_at) FROM catalogue WHERE event = '')
COMMENT 'Which events there are. Which accounts send one: events_daily.';

CREATE OR REPLACE VIEW catalogue_properties ${ON_CLUSTER}
(
    event      LowCardinality(String) COMMENT 'Name of the event.',
    property   LowCardinality(String) COMMENT 'Name of the property.',
    events     UInt64 COMMENT 'How many events have it.',
    share      Float64 COMMENT 'Share of all events of that name that have it, from 0 to 1.',
    types      Array(String) COMMENT 'JSON types seen, the most frequent first.',
    strings    UInt64 COMMENT 'How many have a string there.',
    numbers    UInt64 COMMENT 'How many have a number there.',
    booleans   UInt64 COMMENT 'How many have true or false there.',
    objects    UInt64 COMMENT 'How many have an object there.',
    arrays     UInt64 COMMENT 'How many have an array there.',
    nulls      UInt64 COMMENT 'How many have null there.',
    examples   Array(String) COMMENT 'Values of the last day, as JSON text, cut at 80 characters; none of a property that a tracking plan marks as personal.',
    first_seen DateTime64(3, 'UTC') COMMENT 'The earliest timestamp of an event with it.',
    last_seen  DateTime64(3, 'UTC') COMMENT 'The latest timestamp of an event with it.'
) SQL SECURITY INVOKER AS
SELECT
    event, property, events, least(1, events / maxIf(events, property = '') OVER (PARTITION BY event)) AS share,
    arrayMap(x -> x.2, arrayReverseSort(arrayFilter(x -> x.1 > 0, [
        (strings, 'string'), (numbers, 'number'), (booleans, 'boolean'), (objects, 'object'), (arrays, 'array'), (nulls, 'null')
    ]))) AS types,
    strings, numbers, booleans, objects, arrays, nulls,
    if(has(${PERSONAL_PROPERTIES}, property), [], catalogue.examples) AS examples,
    first_seen, last_seen
FROM catalogue FINAL
WHERE event != '' AND catalogue.events > 0 AND refreshed_at >= (SELECT max(refreshed_at) FROM catalogue WHERE event = '')
QUALIFY property != ''
COMMENT 'Which properties the events have, of which types, with examples.';
