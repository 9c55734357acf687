-- How many users and accounts were active on each day?
-- A person is a user_id; someone not known yet is counted by anonymous_id.
-- Days are those of UTC; for others: toDate32(timestamp, 'Europe/Berlin').
SELECT
    toDate32(timestamp) AS day,
    uniqExact(coalesce(user_id, anonymous_id)) AS users,
    uniqExact(group_id) AS accounts
FROM tracked
GROUP BY day
ORDER BY day;
