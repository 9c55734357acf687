-- Which features do accounts use: how many accounts, users and uses, and what share of all accounts?
-- feature_name is a hot property: a typed column, read without parsing JSON.
SELECT
    feature_name,
    uniqExact(group_id) AS accounts,
    uniqExact(coalesce(user_id, anonymous_id)) AS users,
    count() AS uses,
    round(accounts / (SELECT uniqExact(group_id) FROM tracked), 3) AS share_of_accounts
FROM tracked
WHERE event = 'feature_used' AND feature_name IS NOT NULL
GROUP BY feature_name
ORDER BY accounts DESC, feature_name;
