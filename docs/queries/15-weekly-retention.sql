-- Of the users first seen in a week, how many came back one, two, three and four weeks later?
-- Exact: first seen at all, so everything before the end of the range is read. A user is a user_id within an account; weeks begin on Monday, and those that begin before the range are left out. Not toMonday, which knows no day before 1970 or after 2149.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    cohort,
    countIf(week = 0) AS users,
    countIf(week = 1) AS after_1_week,
    countIf(week = 2) AS after_2_weeks,
    countIf(week = 3) AS after_3_weeks,
    countIf(week = 4) AS after_4_weeks
FROM
(
    SELECT
        min(monday) OVER (PARTITION BY group_id, user_id) AS cohort,
        intDiv(dateDiff('day', cohort, monday), 7) AS week
    FROM
    (
        SELECT
            group_id,
            user_id,
            toDate32(timestamp, {tz:String}) - (toDayOfWeek(timestamp, 0, {tz:String}) - 1) AS monday
        FROM tracked
        WHERE user_id IS NOT NULL AND timestamp < ends
        GROUP BY group_id, user_id, monday
    )
)
WHERE cohort >= toDate32(begins, {tz:String})
GROUP BY cohort
ORDER BY cohort
SETTINGS max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000, max_bytes_before_external_sort = 500000000
