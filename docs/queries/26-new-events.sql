-- Which events are new in the range, and are they misspelt?
-- Exact, about a minute behind, from the catalogue. At most 200, the earliest. similar_to is, of the 10,000 most frequent events, the most frequent older one whose name is at most two bytes away: two letters, if they are ASCII.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    new.event AS event,
    new.events AS events,
    toTimeZone(new.first_seen, {tz:String}) AS first,
    argMaxIf(
        older.event, (older.events, older.event),
        older.first_seen < new.first_seen
        AND abs(length(new.event) - length(older.event)) <= 2
        AND editDistance(new.event, older.event) <= 2) AS similar_to
FROM
(
    SELECT event, events, first_seen FROM catalogue_events
    WHERE first_seen >= begins AND first_seen < ends
    ORDER BY first_seen, event LIMIT 200
) AS new
CROSS JOIN (SELECT event, events, first_seen FROM catalogue_events ORDER BY catalogue_events.events DESC, event DESC LIMIT 10000) AS older
GROUP BY event, events, new.first_seen
ORDER BY new.first_seen, event
