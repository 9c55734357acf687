-- What analysts query: each event once, its last accepted copy, hot properties as typed columns.
CREATE OR REPLACE VIEW tracked ${ON_CLUSTER}
(
${TRACKED_TYPES}
) SQL SECURITY INVOKER AS
SELECT ${TRACKED_COLUMNS}
FROM events FINAL
COMMENT 'Each event once, its last accepted copy. Times are UTC.';
