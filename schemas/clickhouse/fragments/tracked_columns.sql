-- The columns of `tracked` and of `user_timeline`, in their order.
event_id,
event,
group_id,
user_id,
anonymous_id,
timestamp,
sent_at,
received_at,
inserted_at,
properties,
context,
extra,
source,
${HOT_COLUMNS}
kafka_partition,
kafka_offset,
version
