-- What was refused at the door, by who sent it and why?
-- Exact: each refusal once; the range is of received_at. open: no replay has ended it.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    source,
    code,
    count() AS refused,
    countIf(resolution IS NULL) AS open,
    uniqExact(group_id) AS accounts,
    toDate32(max(received_at), {tz:String}) AS last_day
FROM rejected_events FINAL
WHERE received_at >= begins AND received_at < ends
GROUP BY source, code
ORDER BY refused DESC, source, code
