-- Are the rollups and the catalogue complete up to the end of the range?
-- Exact: what was in tracked at complete_until is counted in them. NULL: not filled yet.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    name,
    toTimeZone(complete_until, {tz:String}) AS complete_until,
    ifNull(rollup_freshness.complete_until >= ends, false) AS covers_the_range
FROM rollup_freshness
WHERE begins < ends
ORDER BY name
