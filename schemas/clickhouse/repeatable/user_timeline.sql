-- The bloom filter of user_id finds a user's events in `events`; over `tracked` nearly everything that it skipped is
-- read again, because a newer copy, of another user, might lie there. Here only those identities are looked up.
CREATE OR REPLACE VIEW user_timeline ${ON_CLUSTER} SQL SECURITY INVOKER AS
SELECT ${TRACKED_COLUMNS}
FROM events FINAL
PREWHERE (group_id, event, timestamp, event_id) IN (
    SELECT group_id, event, timestamp, event_id FROM events WHERE user_id = {user_id:String})
WHERE user_id = {user_id:String}
SETTINGS use_skip_indexes_if_final = 0
COMMENT 'The events of one user, exactly as tracked has them: SELECT … FROM user_timeline(user_id = ''…'').';
