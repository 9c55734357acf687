-- What was refused, by reason: how much of it is still open, and how did replays end the rest?
-- Exact: rejected events by received_at, records set aside by dead_lettered_at. superseded: a copy as new or newer had been accepted meanwhile.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    kind,
    reason,
    count() AS refused,
    countIf(resolution IS NULL) AS open,
    countIf(resolution = 'replayed') AS replayed,
    countIf(resolution = 'superseded') AS superseded
FROM
(
    SELECT 'rejected' AS kind, toString(code) AS reason, toString(resolution) AS resolution
    FROM rejected_events FINAL
    WHERE received_at >= begins AND received_at < ends
    UNION ALL
    SELECT 'dead letter' AS kind, toString(error_code) AS reason, resolution
    FROM dead_letters FINAL
    WHERE dead_lettered_at >= begins AND dead_lettered_at < ends
)
GROUP BY kind, reason
ORDER BY open DESC, kind, reason
