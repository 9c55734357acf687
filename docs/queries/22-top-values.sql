-- Which values of a property are the most frequent?
-- Exact: the values as JSON text, strings in quotes, of any type. Events without the property are the share that is missing to 1.
-- {event:String}: the event, as error_shown
-- {property:String}: the property, as code
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    JSONExtractRaw(properties, {property:String}) AS value,
    count() AS events,
    uniqExact(coalesce(user_id, anonymous_id)) AS users,
    round(events / (SELECT count() FROM tracked WHERE event = {event:String} AND timestamp >= begins AND timestamp < ends), 3) AS share
FROM tracked
WHERE event = {event:String} AND JSONHas(properties, {property:String}) AND timestamp >= begins AND timestamp < ends
GROUP BY value
ORDER BY events DESC, value
LIMIT 20
