-- Of the users first seen in a week, how many came back one, two and three weeks later?
WITH first_seen AS
(
    SELECT group_id, user_id, toMonday(min(timestamp)) AS cohort
    FROM tracked
    WHERE user_id IS NOT NULL
    GROUP BY group_id, user_id
)
SELECT
    cohort,
    uniqExact(group_id, user_id) AS users,
    uniqExactIf((group_id, user_id), week = 1) AS after_1_week,
    uniqExactIf((group_id, user_id), week = 2) AS after_2_weeks,
    uniqExactIf((group_id, user_id), week = 3) AS after_3_weeks
FROM
(
    SELECT cohort, group_id, user_id, intDiv(toMonday(timestamp) - cohort, 7) AS week
    FROM tracked
    INNER JOIN first_seen USING (group_id, user_id)
)
GROUP BY cohort
ORDER BY cohort;
