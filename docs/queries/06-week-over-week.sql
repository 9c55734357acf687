-- How did each event change from one week to the next?
-- Exact. Weeks begin on Monday; the first and the last are whole only if the range begins and ends with one. NULL: none in the week before.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    monday,
    event,
    events,
    if(monday_before = monday - 7, round(events / events_before - 1, 3), NULL) AS change
FROM
(
    SELECT
        *,
        lagInFrame(monday) OVER weeks AS monday_before,
        lagInFrame(events) OVER weeks AS events_before
    FROM
    (
        SELECT
            toDate32(timestamp, {tz:String}) - (toDayOfWeek(timestamp, 0, {tz:String}) - 1) AS monday,
            event,
            count() AS events
        FROM tracked
        WHERE timestamp >= begins AND timestamp < ends
        GROUP BY monday, event
    )
    WINDOW weeks AS (PARTITION BY event ORDER BY monday ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
ORDER BY monday, event
