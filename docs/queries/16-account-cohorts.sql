-- Of the accounts first seen in a month, how many were active one, two and three months later?
-- Exact: first seen at all, so everything before the end of the range is read. Months that begin before the range are left out.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    cohort,
    countIf(month_number = 0) AS accounts,
    countIf(month_number = 1) AS after_1_month,
    countIf(month_number = 2) AS after_2_months,
    countIf(month_number = 3) AS after_3_months
FROM
(
    SELECT
        min(month) OVER (PARTITION BY group_id) AS cohort,
        dateDiff('month', cohort, month) AS month_number
    FROM
    (
        SELECT group_id, toDate32(timestamp, {tz:String}) - (toDayOfMonth(timestamp, {tz:String}) - 1) AS month
        FROM tracked
        WHERE timestamp < ends
        GROUP BY group_id, month
    )
)
WHERE cohort >= toDate32(begins, {tz:String})
GROUP BY cohort
ORDER BY cohort
