-- Which events are not sent any more?
-- Exact, about a minute behind, from the catalogue: those last seen in the first half of the range or before it.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    event,
    events,
    toTimeZone(last_seen, {tz:String}) AS last,
    dateDiff('day', last_seen, ends, {tz:String}) AS days_silent
FROM catalogue_events
WHERE begins < ends AND last_seen < begins + toIntervalMillisecond(intDiv(dateDiff('millisecond', begins, ends), 2))
ORDER BY last_seen, event
