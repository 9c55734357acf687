-- The same as tracked_columns.sql, with their types, as views that show them declare it.
event_id        String COMMENT 'Id of the event, given by the producer or made by ingest.',
event           LowCardinality(String) COMMENT 'What happened: the name of the event.',
group_id        String COMMENT 'The account.',
user_id         Nullable(String) COMMENT 'Who did it; NULL when only an anonymous_id is known.',
anonymous_id    Nullable(String) COMMENT 'Who did it before they were known.',
timestamp       DateTime64(3, 'UTC') COMMENT 'When it happened, by the clock of the producer. Never corrected.',
sent_at         Nullable(DateTime64(3, 'UTC')) COMMENT 'When the request was sent, by the clock of the producer.',
received_at     DateTime64(3, 'UTC') COMMENT 'When ingest took it, by our clock.',
inserted_at     DateTime64(3, 'UTC') COMMENT 'When its row was written, by the clock of ClickHouse.',
properties      String COMMENT 'JSON object text, as sent. What there is in it: catalogue_properties.',
context         String COMMENT 'JSON object text, as sent.',
extra           String COMMENT 'JSON object text: top-level fields that are not part of the contract.',
source          LowCardinality(String) COMMENT 'Name of the write key that sent it; empty without one.',
${HOT_COLUMN_TYPES}
kafka_partition UInt32 COMMENT 'Where the record lies in Kafka.',
kafka_offset    UInt64 COMMENT 'Where the record lies in Kafka, within its log and partition.',
version         UInt64 COMMENT 'Order within an account: generation of its log times 2^48, plus kafka_offset.'
