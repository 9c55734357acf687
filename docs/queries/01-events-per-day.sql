-- How many events did each account send on each day, by name?
-- Every event counts once, however often it was sent again. Days are those of UTC; for others:
-- toDate32(timestamp, 'Europe/Berlin'). Not toDate, which wraps before 1970 and after 2149.
SELECT
    group_id,
    toDate32(timestamp) AS day,
    event,
    count() AS events
FROM tracked
GROUP BY group_id, day, event
ORDER BY group_id, day, event;
