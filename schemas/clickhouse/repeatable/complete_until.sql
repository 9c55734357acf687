-- Of each topic of each Kafka cluster the log that was registered last: one that was made anew has another generation there.
CREATE OR REPLACE VIEW complete_until ${ON_CLUSTER}
(
    topic          String COMMENT 'Topic of Kafka: that of accepted events, of rejected ones, of dead letters, or of keys of sealed properties.',
    cluster_id     String COMMENT 'Id of its Kafka cluster.',
    generation     UInt16 COMMENT 'Which log of that name, or of its latest generation: see kafka_logs.',
    complete_until Nullable(DateTime64(3, 'UTC')) COMMENT 'Every event that was accepted before this moment, by the clock of ClickHouse, can be queried, or was set aside as a dead letter. NULL: not known of every partition yet.',
    behind_seconds Nullable(Float64) COMMENT 'How long ago that is.',
    partitions     UInt64 COMMENT 'Partitions that are known of the topic and of its later generations; 0: no consumer has read it, or not all of them.',
    waiting_for    Array(UInt32) COMMENT 'Partitions, of whichever generation, that are not complete until half a minute ago: why the moment stands still.',
    lost_before    Map(UInt32, UInt64) COMMENT 'Partitions of which records below an offset were gone from Kafka before a consumer could read them: those are never complete.'
) SQL SECURITY INVOKER AS
SELECT
    family AS topic,
    cluster_id,
    newest AS generation,
    -- Later than now: the clock of ClickHouse was ahead when it was written, and went back. Nobody knows what it meant.
    if(fewest = 0 OR until = toDateTime64(0, 3, 'UTC') OR latest > now64(3, 'UTC') + toIntervalSecond(5), NULL, until) AS complete_until,
    dateDiff('millisecond', complete_until, now64(3, 'UTC')) / 1000 AS behind_seconds,
    if(fewest = 0, 0, total) AS partitions,
    waiting AS waiting_for,
    mapFromArrays(lost.1, lost.2) AS lost_before
FROM
(
    SELECT
        -- Later generations of a topic (events.tracked.v1.g2) belong to the first.
        if((first_topic, log.cluster_id) IN (SELECT topic, cluster_id FROM kafka_logs), first_topic, log.topic) AS family,
        log.cluster_id AS cluster_id,
        max(log.generation) AS newest,
        -- A log that nobody has read: with join_use_nulls, of whoever asks, min and max would pass over it.
        min(ifNull(known.partitions, 0)) AS fewest,
        sum(ifNull(known.partitions, 0)) AS total,
        min(ifNull(known.until, toDateTime64(0, 3, 'UTC'))) AS until,
        max(ifNull(known.latest, toDateTime64(0, 3, 'UTC'))) AS latest,
        arraySort(arrayDistinct(arrayFlatten(groupArray(known.waiting_for)))) AS waiting,
        maxMap(known.lost_in, known.lost_below) AS lost
    FROM
    (
        SELECT topic, cluster_id, max(generation) AS generation, replaceRegexpOne(topic, '[.]g[0-9]+$', '') AS first_topic
        FROM kafka_logs GROUP BY topic, cluster_id
    ) AS log
    LEFT JOIN
    (
        SELECT
            topic,
            generation,
            count() AS partitions,
            min(moment) AS until,
            max(moment) AS latest,
            arraySort(groupArrayIf(kafka_partition, moment < now64(3, 'UTC') - toIntervalSecond(30))) AS waiting_for,
            groupArrayIf(kafka_partition, lost > 0) AS lost_in,
            groupArrayIf(lost, lost > 0) AS lost_below
        FROM
        (
            SELECT topic, generation, kafka_partition, max(complete_until) AS moment, max(lost_before) AS lost
            FROM settled GROUP BY topic, generation, kafka_partition
        )
        GROUP BY topic, generation
    ) AS known ON known.topic = log.topic AND known.generation = log.generation
    GROUP BY family, cluster_id
)
COMMENT 'The moment before which everything that was accepted can be queried, of each topic.';
