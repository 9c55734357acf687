-- What is needed to put refused events through again, and what became of it. A replay sends the same
-- rejected event or dead letter once more through Kafka, with its resolution: the row is replaced.
ALTER TABLE rejected_events ${ON_CLUSTER}
    ADD COLUMN IF NOT EXISTS beside Nullable(String) COMMENT 'JSON object text: context, sent_at and idempotency_key that the request had beside the event.' CODEC(ZSTD(3)),
    ADD COLUMN IF NOT EXISTS resolution LowCardinality(Nullable(String)) COMMENT 'NULL: open. replayed: accepted by a replay. superseded: a copy as new or newer had been accepted.',
    ADD COLUMN IF NOT EXISTS resolved_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When a replay ended it.',
    ADD COLUMN IF NOT EXISTS replayed_to Nullable(String) COMMENT 'topic/partition/offset of the event that was made of it.';

ALTER TABLE rejected_events ${ON_CLUSTER}
    COMMENT COLUMN raw_truncated 'Whether raw was cut, or beside left out: such an event cannot be replayed.';

ALTER TABLE dead_letters ${ON_CLUSTER}
    ADD COLUMN IF NOT EXISTS resolution Nullable(String) ALIAS nullIf(headers['custom-events.resolution'], '') COMMENT 'NULL: open. replayed: produced again by a replay. superseded: a copy as new or newer had been accepted.',
    ADD COLUMN IF NOT EXISTS resolved_at Nullable(DateTime64(3, 'UTC')) ALIAS parseDateTime64BestEffortOrNull(headers['custom-events.resolved-at'], 3, 'UTC') COMMENT 'When a replay ended it.',
    ADD COLUMN IF NOT EXISTS replayed_to Nullable(String) ALIAS nullIf(headers['custom-events.replayed-to'], '') COMMENT 'topic/partition/offset of the record that was made of it.';
