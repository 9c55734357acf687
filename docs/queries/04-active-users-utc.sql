-- How many users and accounts were active on each day of UTC, quickly?
-- Exact, about a minute behind. From the rollup, which keeps the users of a day as hashes: they can be counted over any accounts and days. from and to are days, and a time of day is refused.
SELECT day, uniqExactArray(user_hashes) AS users, uniqExact(group_id) AS accounts
FROM active_users_daily
WHERE day >= {from:Date32} AND day < {to:Date32}
GROUP BY day
ORDER BY day
