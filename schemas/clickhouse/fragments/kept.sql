-- Which days of which events are gone from `events` because they are old, or are to go: nothing is counted anew there. A month
-- goes as a whole, by the TTL of packages/clickhouse/src/retention/ttl.ts, which says the same. The view itself says `began`.
(SELECT mapFromArrays(groupArray(event), groupArray(kept)) FROM (
    SELECT event, if(days = 0, 1000000, toInt64(days)) AS kept FROM retention FINAL
    UNION ALL
    SELECT '', 1000000 WHERE '' NOT IN (SELECT event FROM retention))) AS days_kept,
(SELECT mapFromArrays(groupArray(event), groupArray(gone_before)) FROM (
    SELECT event, gone_before FROM retention FINAL
    UNION ALL
    SELECT '', toDate32('1900-01-01') WHERE '' NOT IN (SELECT event FROM retention))) AS gone_until,
length(days_kept) > 1 AS has_own_days,
(e, d) -> toInt64(toInt32(d)) - toDayOfMonth(d) + 32 + if(mapContains(days_kept, e), days_kept[e], days_kept[''])
        <= toInt64(toInt32(toDate32(began)))
    OR d < if(mapContains(gone_until, e), gone_until[e], gone_until['']) AS is_gone,
-- Days of which some events are gone, and others are not.
d -> has_own_days AND (toInt64(toInt32(d)) - toDayOfMonth(d) + 32 + arrayMin(mapValues(days_kept)) <= toInt64(toInt32(toDate32(began)))
    OR d < arrayMax(mapValues(gone_until))) AS is_partly_gone
