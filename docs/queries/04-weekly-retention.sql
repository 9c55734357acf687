-- Of the users first seen in a week, how many came back one, two and three weeks later?
-- Weeks begin on Monday, UTC. Not toMonday, which knows no day before 1970 or after 2149.
WITH weekly AS
(
    SELECT group_id, user_id, toDate32(timestamp) - (toDayOfWeek(timestamp) - 1) AS monday
    FROM tracked
    WHERE user_id IS NOT NULL
),
first_seen AS
(
    SELECT group_id, user_id, min(monday) AS cohort
    FROM weekly
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
    SELECT cohort, group_id, user_id, intDiv(dateDiff('day', cohort, monday), 7) AS week
    FROM weekly
    INNER JOIN first_seen USING (group_id, user_id)
)
GROUP BY cohort
ORDER BY cohort;
