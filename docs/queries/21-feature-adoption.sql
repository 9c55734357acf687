-- Which features do accounts use: how many accounts, users and uses, and what share of all active accounts?
-- Exact. feature_name is a hot property: a typed column, read without parsing JSON.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    feature_name,
    uniqExact(group_id) AS accounts,
    uniqExact(coalesce(user_id, anonymous_id)) AS users,
    count() AS uses,
    round(accounts / (SELECT uniqExact(group_id) FROM tracked WHERE timestamp >= begins AND timestamp < ends), 3) AS share_of_accounts
FROM tracked
WHERE event = 'feature_used' AND feature_name IS NOT NULL AND timestamp >= begins AND timestamp < ends
GROUP BY feature_name
ORDER BY accounts DESC, uses DESC, feature_name
