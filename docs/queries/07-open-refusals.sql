-- What was refused, by reason: how much of it is still open, and how did replays end the rest?
-- open: nothing was done about it. superseded: a copy as new or newer had been accepted meanwhile.
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
    UNION ALL
    SELECT 'dead letter' AS kind, toString(error_code) AS reason, resolution
    FROM dead_letters FINAL
)
GROUP BY kind, reason
ORDER BY open DESC, kind, reason;
