-- Which properties does an event have, of which types?
-- Exact, about a minute behind, over all time: the range says which properties to show, those that were seen last within it. From the catalogue, in milliseconds.
-- {event:String}: the event, as feature_used
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    property,
    round(share, 3) AS share,
    arrayStringConcat(types, ', ') AS types,
    toTimeZone(first_seen, {tz:String}) AS first,
    toTimeZone(last_seen, {tz:String}) AS last
FROM catalogue_properties
WHERE event = {event:String} AND last_seen >= begins AND last_seen < ends
ORDER BY catalogue_properties.share DESC, property
