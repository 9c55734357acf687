-- How many different values has each property of an event?
-- Exact. What is a name, what is a number, what is an id shows here.
-- {event:String}: the event, as feature_used
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT property, sum(times) AS events, count() AS distinct_values
FROM
(
    SELECT member.1 AS property, member.2 AS value, count() AS times
    FROM tracked
    ARRAY JOIN JSONExtractKeysAndValuesRaw(properties) AS member
    WHERE event = {event:String} AND timestamp >= begins AND timestamp < ends
    GROUP BY property, value
)
GROUP BY property
ORDER BY property
SETTINGS max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000
