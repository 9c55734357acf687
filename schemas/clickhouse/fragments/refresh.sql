-- Which months a refreshing view counts anew, and its marks: see repeatable/rollups.sql. The view itself says
--   known_until     up to when everything is counted, or NULL
--   known_by_month  months, each with the number of events that is counted in it; needed when is_new_hour
(SELECT now64(3, 'UTC')) AS began,
isNull(known_until) AS is_first,
ifNull(known_until, began) AS before,
toStartOfHour(before) < toStartOfHour(began) AS is_new_hour,
-- The name and day of each mark, and where it comes: 0 before all other rows, 2 after them.
concat(char(0), hostName(), ' ', toString(serverUUID())) AS replica,
arrayConcat([('', toDate32('2299-12-31'), 2)],
    if(is_first, [(replica, toDate32('2299-12-29'), 0), (replica, toDate32('2299-12-30'), 2)], [])) AS marks,
(SELECT groupArray(month) FROM (
    SELECT month, is_fewer, intDiv(rows_before, 1000000) AS portion,
        dense_rank() OVER (PARTITION BY is_fewer ORDER BY portion) - 1 AS turn,
        uniqExact(portion) OVER (PARTITION BY is_fewer) AS turns
    FROM (
        SELECT month, is_fewer, sum(stored) OVER (
            PARTITION BY is_fewer ORDER BY if(is_fewer, stored, 0), month
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - stored AS rows_before
        FROM (
            SELECT month, sum(rows) AS stored, sum(known) > stored AS is_fewer
            FROM (
                SELECT toUInt32(_partition_id) AS month, count() AS rows, 0 AS known
                FROM events WHERE is_new_hour GROUP BY month
                UNION ALL
                SELECT pair.1, 0, pair.2 FROM (SELECT arrayJoin(known_by_month) AS pair)
            )
            GROUP BY month
        )
    )
) WHERE turn = if(is_fewer, 0, intDiv(toUnixTimestamp(began), 3600) % turns)) AS months_in_turn
