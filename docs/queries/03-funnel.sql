-- Of the users who opened the trial, how many went on to invite someone and then to subscribe, each in
-- order and all within seven days of the first step?
-- Change the names of the events and the window to ask about another path.
-- Counted in milliseconds since 1900: toDateTime wraps before 1970, and two steps may fall into one second.
WITH per_user AS
(
    SELECT
        group_id,
        user_id,
        windowFunnel(7 * 86400 * 1000)(
            toUInt64(dateDiff('millisecond', toDateTime64('1900-01-01', 3, 'UTC'), timestamp)),
            event = 'trial_started',
            event = 'teammate_invited',
            event = 'subscription_started'
        ) AS reached
    FROM tracked
    WHERE user_id IS NOT NULL
      AND event IN ('trial_started', 'teammate_invited', 'subscription_started')
    GROUP BY group_id, user_id
)
SELECT
    countIf(reached >= 1) AS started,
    countIf(reached >= 2) AS invited,
    countIf(reached >= 3) AS subscribed,
    if(started = 0, NULL, round(subscribed / started, 3)) AS conversion
FROM per_user;
