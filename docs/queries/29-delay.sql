-- How fresh is the data: how long after it was received was a row written, on each day of receipt?
-- Exact as to the two columns, over the last copy of each event; the range is of received_at. But received_at is of ingest's clock and inserted_at of ClickHouse's: where those differ, so does this. And inserted_at is when the insert began: the row can be queried up to 25 s later. Up to when everything can be: Complete, the next question. And how far are the clocks of producers off, where they say when they sent?
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    toDate32(received_at, {tz:String}) AS day,
    count() AS events,
    quantileExact(0.5)(dateDiff('millisecond', received_at, inserted_at)) / 1000 AS median_seconds,
    quantileExact(0.95)(dateDiff('millisecond', received_at, inserted_at)) / 1000 AS p95_seconds,
    max(dateDiff('millisecond', received_at, inserted_at)) / 1000 AS max_seconds,
    if(count(sent_at) = 0, NULL, quantileExactIf(0.5)(assumeNotNull(dateDiff('millisecond', sent_at, received_at)), sent_at IS NOT NULL) / 1000) AS median_clock_offset_seconds
FROM tracked
WHERE received_at >= begins AND received_at < ends
GROUP BY day
ORDER BY day
