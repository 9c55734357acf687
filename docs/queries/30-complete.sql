-- Is everything there up to the end of the range: accepted events, refusals and dead letters, and are the rollups' counts?
-- Exact, about when it was received (received_at), where no two clocks differ by more than two seconds. Topics of Kafka: what was received before until can be queried, or was set aside as a dead letter (events.tracked.v1 is that of tracked). daily, catalogue and catalogue_daily: what could be queried at until is counted. NULL: not known yet.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    name,
    toTimeZone(moment, {tz:String}) AS until,
    ifNull(moment >= ends, false) AS covers_the_range
FROM
(
    -- A request is accepted up to 17.5 s after it was received.
    SELECT topic AS name, complete_until - INTERVAL 20 SECOND AS moment FROM complete_until
    UNION ALL
    SELECT name, counted_until FROM rollup_freshness
)
WHERE begins < ends
ORDER BY name, moment
