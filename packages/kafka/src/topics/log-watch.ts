import { logsOf, type AskedCluster, type KafkaLog } from './kafka-logs.ts'

/** A topic was deleted and made anew while it was read: its offsets begin again. */
export class OtherLog extends Error {
  constructor(topic: string) {
    super(`topic ${topic} was deleted and made anew`)
    this.name = 'OtherLog'
  }
}

/** Notices that a topic has become another log under its name, which no fetch tells. */
export interface LogWatch {
  /** Which logs the topics are now; from now on they must stay these. @throws when no broker answers. */
  learn(): Promise<readonly KafkaLog[]>
  /** Looks again; when nobody answers, or a topic is away, nothing is known. Never throws. */
  look(): Promise<void>
  /** @throws {OtherLog} when the last look found another log than the one learned. */
  mustBeSame(): void
}

export function watchLogs(cluster: AskedCluster, topics: readonly string[]): LogWatch {
  let learned: readonly KafkaLog[] = []
  let changed: string | null = null
  return {
    learn: async () => {
      learned = await logsOf(cluster, topics)
      changed = null
      return learned
    },
    look: async () => {
      const now = await logsOf(cluster, topics).catch(() => [])
      changed ??= changedTopic(learned, now)
    },
    mustBeSame: () => {
      if (changed !== null) throw new OtherLog(changed)
    },
  }
}

/** Of a topic that is away, what was known before: it may come back as another. */
export function knownAfter(
  before: readonly KafkaLog[],
  now: readonly KafkaLog[],
): readonly KafkaLog[] {
  const isTold = new Set(now.map(({ topic }) => topic))
  return [...now, ...before.filter(({ topic }) => !isTold.has(topic))]
}

/** The first topic that is another log than before. */
export function changedTopic(before: readonly KafkaLog[], now: readonly KafkaLog[]): string | null {
  const idByTopic = new Map(before.map(({ topic, topicId }) => [topic, topicId]))
  const other = now.find(({ topic, topicId }) => (idByTopic.get(topic) ?? topicId) !== topicId)
  return other?.topic ?? null
}
