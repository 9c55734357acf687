import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import type { Logger } from '@custom-events/runtime'
import type { FetchedRecord } from '../consumer/consumer-port.ts'
import { KafkaCodeError } from '../errors/kafka-errors.ts'
import { asking } from '../errors/kafka-problem.ts'
import { fetchInPlace } from '../fetch/fetch-in-place.ts'
import { recordSetOf, type FetchResponse } from '../fetch/fetch-response.ts'
import { leaderOf, leaderOffsets } from '../fetch/leader-offsets.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { keepCluster } from '../kafkajs/kept-cluster.ts'
import { changedTopic, knownAfter } from '../topics/log-watch.ts'
import { logsOf, type KafkaLog } from '../topics/kafka-logs.ts'

/** What a follower is told, in the order of the log. */
export interface TopicReader {
  readonly record: (record: FetchedRecord) => void
  /** The topic was made anew, or its beginning is gone: it is read from there. */
  readonly forget: () => void
}

/** Reads the one partition of a topic to its end, again and again. One call at a time. */
export interface TopicFollower extends AsyncDisposable {
  /**
   * Takes what has come since the last call, and waits up to `waitMs` for something. `true`: everything acknowledged
   * before the call was taken; `false`: there is more.
   *
   * @throws {KafkaProblem} when Kafka does not answer, or the topic cannot be read.
   */
  read(waitMs: number): Promise<boolean>
}

/** As kafkajs makes the request; more than is named here. */
const REQUEST = { replicaId: -1, isolationLevel: 1, minBytes: 1, rackId: '' } as const
const MAX_BYTES = 4_194_304
const OFFSET_OUT_OF_RANGE = 1
/** How often it is looked at whether the topic is still the same log. */
const LOOK_EVERY_MS = 10_000

export function followTopic(options: {
  readonly kafka: KafkaConfig
  readonly topic: string
  readonly reader: TopicReader
  readonly log: Logger
}): TopicFollower {
  const { topic, reader } = options
  const kept = keepCluster({ kafka: options.kafka, topics: [topic], log: options.log })
  const what = { resource: `topic ${topic}`, right: `READ on topic ${topic}` }
  let prepared: RawCluster | null = null
  let next: number | null = null
  let logs: readonly KafkaLog[] = []
  let lookedAt = -Infinity

  const offsetOf = async (cluster: RawCluster, which: 'earliest' | 'written'): Promise<number> => {
    const { offsets, refused } = await leaderOffsets(cluster, [{ topic, partition: 0 }], which)
    const [found] = offsets
    if (found === undefined) throw refused[0]?.cause ?? new KafkaCodeError(3)
    return found.offset
  }

  const begin = async (cluster: RawCluster): Promise<number> => {
    const earliest = await offsetOf(cluster, 'earliest')
    reader.forget()
    return earliest
  }

  /** A topic that was made anew has the same name and other records. */
  const look = async (cluster: RawCluster): Promise<void> => {
    if (performance.now() - lookedAt < LOOK_EVERY_MS) return
    const now = await logsOf(cluster, [topic])
    if (changedTopic(logs, now) !== null) next = null
    logs = knownAfter(logs, now)
    lookedAt = performance.now()
  }

  const ask = async (cluster: RawCluster, waitMs: number): Promise<boolean> => {
    if (prepared !== cluster) {
      fetchInPlace(cluster, () => {})
      prepared = cluster
      await cluster.refreshMetadata()
      lookedAt = -Infinity
    }
    await look(cluster)
    const from: number = (next ??= await begin(cluster))
    // Not the high watermark of a fetch: with a new leader it lies below what was acknowledged, until its followers have
    // told how far they are. Asked for its end, a leader refuses until then (KIP-207).
    const end = await offsetOf(cluster, 'written')
    const { errorCode, messages } = await fetchFrom(cluster, { topic, from, waitMs })
    if (errorCode === OFFSET_OUT_OF_RANGE) {
      next = await begin(cluster)
      return false
    }
    const set = recordSetOf(messages)
    if (set === null) throw new Error(`its records have a format from before Kafka 0.11`)
    if (set instanceof Error) throw set.cause instanceof KafkaCodeError ? set.cause : set
    for (const record of set.records) reader.record(record)
    next = Math.max(set.next, from)
    return next >= end
  }

  return {
    read: (waitMs) => asking(what, () => kept.ask((cluster) => ask(cluster, waitMs))),
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  }
}

async function fetchFrom(
  cluster: RawCluster,
  {
    topic,
    from,
    waitMs,
  }: { readonly topic: string; readonly from: number; readonly waitMs: number },
): Promise<FetchResponse['responses'][number]['partitions'][number]> {
  const leader = leaderOf(cluster, { topic, partition: 0 })
  if (typeof leader !== 'number') throw leader
  const broker = await cluster.findBroker({ nodeId: leader })
  const partition = { partition: 0, fetchOffset: String(from), maxBytes: MAX_BYTES }
  const response = (await broker.fetch({
    ...REQUEST,
    maxWaitTime: waitMs,
    maxBytes: MAX_BYTES,
    topics: [{ topic, partitions: [partition] }],
  })) as FetchResponse // a parsing boundary: it was decoded by fetch-in-place.ts
  const answer = response.responses[0]?.partitions[0]
  if (answer === undefined) throw new Error('the broker answered nothing about it')
  return answer
}
