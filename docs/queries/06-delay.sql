-- How fresh is the data: how long from the door until a row could be queried, per hour of receipt?
-- And how far are the clocks of producers off, where they say when they sent?
SELECT
    toStartOfHour(received_at) AS hour,
    count() AS events,
    round(quantile(0.5)(dateDiff('millisecond', received_at, inserted_at)) / 1000, 3) AS p50_seconds,
    round(quantile(0.95)(dateDiff('millisecond', received_at, inserted_at)) / 1000, 3) AS p95_seconds,
    round(max(dateDiff('millisecond', received_at, inserted_at)) / 1000, 3) AS max_seconds,
    round(medianIf(dateDiff('millisecond', sent_at, received_at), isNotNull(sent_at)) / 1000, 3) AS median_clock_offset_seconds
FROM tracked
GROUP BY hour
ORDER BY hour;
