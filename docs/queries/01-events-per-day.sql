-- How many events did each account send on each day, by name?
-- Every event counts once, however often it was sent again.
SELECT
    group_id,
    toDate(timestamp) AS day,
    event,
    count() AS events
FROM tracked
GROUP BY group_id, day, event
ORDER BY group_id, day, event;
