-- Which events are new in the range, and are they misspelt?
-- Exact, about a minute behind, from the catalogue. similar_to is the most frequent older event whose name is at most two letters away.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    event,
    events,
    toTimeZone(first_seen, {tz:String}) AS first,
    argMaxIf(older.event, older.events, older.first_seen < catalogue_events.first_seen AND editDistance(event, older.event) <= 2) AS similar_to
FROM catalogue_events
CROSS JOIN (SELECT event, events, first_seen FROM catalogue_events) AS older
WHERE first_seen >= begins AND first_seen < ends
GROUP BY event, events, first_seen
ORDER BY first_seen, event
