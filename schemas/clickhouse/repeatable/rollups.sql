-- How the rollups are kept, rollups_daily.sql and rollups_catalogue.sql; what both say alike is fragments/refresh.sql.
--
-- Each minute the days that rows came for are counted anew, from `events FINAL`: an update, a retry or a replay
-- changes the counts as it changes `tracked`. Which days those are, inserted_at tells: rows become visible up to 25 s
-- after it, and on another replica later still, hence the five minutes that are looked at again.
--
-- So are the days that an erasure took rows from: erasure_days names them.
--
-- Once an hour months are counted anew, whole: so leaves what was deleted on purpose, and comes what no refresh saw.
-- First those of which `events` has fewer rows than are counted, and of all others some in turn; of both about a
-- million rows, or one month. What is counted no more is written with events = 0.
--
-- What a refresh writes is not atomic (ClickHouse 76991), but its blocks come in order. So it writes marks, rows without
-- a name of event, at the end of all days:
--   2299-12-31  last of all. Its refreshed_at is up to when everything is counted; the next refresh begins there, or
--               where this one began, if it failed before it.
--   2299-12-29  first of all, when everything is counted, and 2299-12-30 last: of one replica both are there and equal, or
--               everything is counted again. TRUNCATE TABLE is the repair, even while a refresh goes on. Several replicas
--               may fill at the same time: the marks are of each, named after a byte 0, which no account's name has.
-- Refreshes of one view never overlap: the minute begins when one has ended. One thread, and what needs more than 1 GB
-- goes to disk.
CREATE OR REPLACE VIEW rollup_freshness ${ON_CLUSTER}
(
    name           String COMMENT 'Of what: daily (events_daily, active_users_*), catalogue (catalogue_*) or what that is summed up from.',
    counted_until  Nullable(DateTime64(3, 'UTC')) COMMENT 'What was in tracked then is counted. NULL: not filled yet.',
    behind_seconds Nullable(Float64) COMMENT 'How long ago that is. Grows while a refresh runs for long, as one of a whole month may, or fails: system.view_refreshes says which, to operators and default; who only reads may not ask it.'
) SQL SECURITY INVOKER AS
SELECT
    name,
    if(max(is_filled), max(until), NULL) AS counted_until,
    dateDiff('millisecond', counted_until, now64(3, 'UTC')) / 1000 AS behind_seconds
FROM
(
    SELECT
        name,
        uniqExactIf(day, day < '2299-12-31') = 2 AND uniqExactIf(refreshed_at, day < '2299-12-31') = 1 AS is_filled,
        maxIf(refreshed_at, day = '2299-12-31') AS until
    FROM
    (
        SELECT 'daily' AS name, group_id AS replica, day, refreshed_at
        FROM rollup_daily FINAL WHERE event = '' AND group_id < char(1)
        UNION ALL
        SELECT 'catalogue_daily', property, day, refreshed_at FROM catalogue_daily FINAL WHERE event = ''
        UNION ALL
        SELECT 'catalogue', '', arrayJoin([toDate32('2299-12-29'), toDate32('2299-12-30'), toDate32('2299-12-31')]), refreshed_at
        FROM catalogue FINAL WHERE event = '' AND property = ''
        UNION ALL
        SELECT arrayJoin(['daily', 'catalogue_daily', 'catalogue']), '', toDate32('2299-12-31'), toDateTime64(0, 3, 'UTC')
    )
    GROUP BY name, replica
)
GROUP BY name
COMMENT 'How far behind tracked the rollups and the catalogue are.';
