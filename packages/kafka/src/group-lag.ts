import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, { type Admin } from 'kafkajs'
import type { Logger } from '@custom-events/service'
import { createKafkaJs } from './client.ts'
import { partitionKey } from './consumer-offsets.ts'
import type { GroupOffset } from './group-offsets.ts'
import type { KafkaConfig } from './kafka-config.ts'
import type { TopicPartition } from './records.ts'
import { seenFirst, unreadOf, withEnd, type SeenEnd } from './unread.ts'

/** What a group has not read of a partition, by its commits. */
export interface PartitionLag extends TopicPartition {
  readonly records: number
  /** 0 when all is read. */
  readonly oldestUnreadSeconds: number
  /** Until the retention deletes the oldest unread record; `null`: never, or nobody may know. */
  readonly retentionLeftSeconds: number | null
}

export interface GroupLag extends AsyncDisposable {
  /** Of every partition of every topic, also those of other members. What is not known is not there. */
  readonly partitions: readonly PartitionLag[]
}

interface Known extends TopicPartition {
  readonly records: number
  /** Of performance.now(). `null`: all is read. */
  readonly sinceMs: number | null
  readonly retentionMs: number | null
}

interface Found {
  readonly first: number
  readonly sinceMs: number
}

const EVERY_MS = 5_000
/** What was not asked anew for so long is not known any more. */
const STALE_MS = 30_000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Ages that are tried for records that nobody saw come; the next greater one is taken. */
const AGES_MS = [
  10_000,
  30_000,
  ...[1, 2, 5, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 4, 8, 16].map((hours) => hours * HOUR_MS),
  ...[1, 2, 3, 4, 5, 6, 7, 14, 30, 90].map((days) => days * DAY_MS),
]

/**
 * Looks every few seconds how far a group has come, by its commits and not by what one member reads: a member that was
 * given nothing, or stands still, knows no less. It needs DESCRIBE of the group and the topics, and DESCRIBE_CONFIGS of
 * the topics for the retention.
 */
export function watchGroupLag(options: {
  readonly kafka: KafkaConfig
  readonly consumerGroup: string
  readonly topics: readonly string[]
  readonly log: Logger
}): GroupLag {
  const { kafka, consumerGroup, topics, log } = options
  const closing = new AbortController()
  const seenByPartition = new Map<string, readonly SeenEnd[]>()
  const foundByPartition = new Map<string, Found>()
  let known: readonly Known[] = []
  let askedAtMs = -Infinity

  const lookAt = async (admin: Admin, topic: string): Promise<readonly Known[]> => {
    // The commits first: what is committed meanwhile is then no lag below 0.
    const offsets = await groupOffsets(admin, consumerGroup, topic)
    const nowMs = performance.now()
    const retentionMs = await retentionOf(admin, topic).catch(() => null)
    const unread = offsets.map((each) => ({ ...each, ...unreadOf(each) }))
    for (const { latest: end, first, ...each } of unread) {
      const key = partitionKey(each)
      const seen = seenByPartition.get(key) ?? []
      seenByPartition.set(key, withEnd(seen, { end, atMs: nowMs }, first))
    }
    const isUnseen = (each: (typeof unread)[number]): boolean => {
      const key = partitionKey(each)
      const isFound = foundByPartition.get(key)?.first === each.first
      return (
        each.records > 0 &&
        !isFound &&
        seenFirst(seenByPartition.get(key) ?? [], each.first) === null
      )
    }
    const ages = await agesByTimestamp(admin, topic, unread.filter(isUnseen))
    for (const { partition, first, ageMs } of ages) {
      foundByPartition.set(partitionKey({ topic, partition }), { first, sinceMs: nowMs - ageMs })
    }
    return unread.map(({ partition, first, records }) => {
      const key = partitionKey({ topic, partition })
      const sinceMs =
        seenFirst(seenByPartition.get(key) ?? [], first) ??
        foundByPartition.get(key)?.sinceMs ??
        nowMs
      return { topic, partition, records, retentionMs, sinceMs: records > 0 ? sinceMs : null }
    })
  }

  const look = async (): Promise<readonly Known[]> => {
    // A new client each time: it learns of new partitions and leaders at once, and nothing of it stays behind.
    const admin = createKafkaJs(kafka, log, { retry: { retries: 2, initialRetryTime: 50 } }).admin()
    try {
      await admin.connect()
      const all: Known[] = []
      for (const topic of topics) {
        try {
          all.push(...(await lookAt(admin, topic)))
        } catch (error) {
          log.debug({ err: error, topic }, 'the lag of this topic is not known')
        }
      }
      return all
    } finally {
      await admin.disconnect().catch(() => {})
    }
  }

  // A Kafka that says nothing must not hold up the closing.
  const closed = new Promise<never>((_resolve, reject) => {
    closing.signal.addEventListener('abort', () => reject(closing.signal.reason), { once: true })
  })
  closed.catch(() => {}) // when nobody waits

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        known = await Promise.race([look(), closed])
        askedAtMs = performance.now()
      } catch (error) {
        log.debug({ err: error }, 'the lag of the group is not known')
      }
      await delay(EVERY_MS, null, { signal: closing.signal }).catch(() => {})
    }
  }

  const running = run()
  return {
    get partitions() {
      const nowMs = performance.now()
      return nowMs - askedAtMs > STALE_MS ? [] : known.map((each) => lagAt(each, nowMs))
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await running
    },
  }
}

function lagAt(
  { topic, partition, records, sinceMs, retentionMs }: Known,
  nowMs: number,
): PartitionLag {
  const ageMs = sinceMs === null ? 0 : Math.max(0, nowMs - sinceMs)
  return {
    topic,
    partition,
    records,
    oldestUnreadSeconds: ageMs / 1_000,
    retentionLeftSeconds: retentionMs === null ? null : (retentionMs - ageMs) / 1_000,
  }
}

async function groupOffsets(
  admin: Admin,
  groupId: string,
  topic: string,
): Promise<readonly GroupOffset[]> {
  const [group] = await admin.fetchOffsets({ groupId, topics: [topic] })
  const committed = new Map(
    group?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
  )
  return (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => {
    const offset = committed.get(partition) ?? -1
    const [earliest, latest] = [Number(low), Number(high)]
    return { topic, partition, committed: offset < 0 ? null : offset, earliest, latest }
  })
}

/** `null`: they are kept for ever. @throws when it may not be asked. */
async function retentionOf(admin: Admin, name: string): Promise<number | null> {
  const type = kafkajs.ConfigResourceTypes.TOPIC
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type, name, configNames: ['retention.ms'] }],
  })
  const value = Number(resources[0]?.configEntries[0]?.configValue ?? -1)
  return value < 0 ? null : value
}

/**
 * How old the given records are at most, by their timestamps: Kafka is asked for the first record that is younger than an
 * age, for all partitions at once, until that is not beyond the record.
 */
async function agesByTimestamp(
  admin: Admin,
  topic: string,
  records: readonly { readonly partition: number; readonly first: number }[],
): Promise<
  readonly { readonly partition: number; readonly first: number; readonly ageMs: number }[]
> {
  const found: { partition: number; first: number; ageMs: number }[] = []
  let left = records
  for (const [index, ageMs] of AGES_MS.entries()) {
    if (left.length === 0) break
    const younger = await admin.fetchTopicOffsetsByTimestamp(topic, Date.now() - ageMs)
    const offsets = new Map(younger.map(({ partition, offset }) => [partition, Number(offset)]))
    const isLast = index === AGES_MS.length - 1
    const isWithin = ({ partition, first }: (typeof left)[number]): boolean =>
      isLast || (offsets.get(partition) ?? Infinity) <= first
    found.push(...left.filter(isWithin).map((each) => ({ ...each, ageMs })))
    left = left.filter((each) => !isWithin(each))
  }
  return found
}
