import { setTimeout as delay } from 'node:timers/promises'
import {
  createConsumer,
  createInstanceName,
  createSwitchingConsumer,
  readByShard,
  topicNames,
  type Erasures,
  type MemoryBudget,
  type SwitchingConsumer,
} from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import type { ConsumerSettings } from '../config.ts'

const MAX_HEARTBEAT_MS = 300

/**
 * Our place in the group, which reads these topics until it is told to read others.
 *
 * @param create one member. @default of Kafka
 */
export function openMember(
  {
    settings: { config, shard, consumerGroup, kafka, instanceId },
    budget,
    log,
  }: {
    readonly settings: ConsumerSettings
    readonly budget: MemoryBudget
    readonly log: Logger
  },
  topics: readonly string[],
  create = createConsumer,
): SwitchingConsumer {
  const isRead = readByShard(shard, [topicNames(config.KAFKA_TOPIC).keys])
  // One for all members in turn: taken from one, it is none of the next either.
  const name = createInstanceName({ id: instanceId, consumerGroup, log })
  return createSwitchingConsumer(topics, (read) =>
    create({
      kafka,
      consumerGroup,
      topics: read,
      isRead,
      budget,
      onOutOfRange: config.KAFKA_OUT_OF_RANGE,
      name,
      log,
      times: {
        sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
        // By them members hear that the group joins anew, and nobody's share is given away before the last has heard it.
        heartbeatMs: Math.min(MAX_HEARTBEAT_MS, config.KAFKA_SESSION_TIMEOUT_MS / 10),
      },
    }),
  )
}

const KNOWN_WITHIN_MS = 5_000
const LOOK_EVERY_MS = 20

/** Waits until it is known which topics there are, so as to join once, but not for ever: Kafka may be away. */
export async function knownOnce(erasures: Pick<Erasures, 'ageMs'>): Promise<void> {
  const overdueAt = performance.now() + KNOWN_WITHIN_MS
  while (erasures.ageMs === Infinity && performance.now() < overdueAt) await delay(LOOK_EVERY_MS)
}
