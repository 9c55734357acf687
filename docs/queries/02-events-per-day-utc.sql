-- How many events of each name did each account send on each day of UTC, quickly?
-- Exact, about a minute behind. From the rollup, which knows whole days of UTC: from and to are days, and a time of day is refused.
SELECT group_id, day, event, events
FROM events_daily
WHERE day >= {from:Date32} AND day < {to:Date32}
ORDER BY group_id, day, event
