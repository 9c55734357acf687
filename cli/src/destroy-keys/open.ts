import { keysDatabase, onCluster, openShards } from '@custom-events/clickhouse'
import { encodeSealKey } from '@custom-events/codec'
import {
  closeSegments,
  consumerGroupName,
  deleteRecordsBefore,
  groupsOfShards,
  KafkaProblem,
  kafkaConfigFrom,
  readGroupOffsets,
  topicNames,
  otherGroups,
  type ClosedSegments,
  type GroupOffset,
} from '@custom-events/kafka'
import { recordsBehind } from '../replay/caught-up.ts'
import { fix, step } from '../step.ts'
import { setTimeout as delay } from 'node:timers/promises'
import type { DestroyKeysConfig } from './config.ts'
import { KeysBehind, type DestroyPorts } from './destroy-keys.ts'

/** The servers of `destroyKeys`; nothing is asked of them yet. */
export function openDestroyKeys(
  { config, log, stop }: Pick<DestroyKeysConfig, 'config' | 'log'> & { readonly stop: AbortSignal },
  resources: AsyncDisposableStack,
): DestroyPorts {
  const kafka = kafkaConfigFrom(config)
  const topic = topicNames(config.KAFKA_TOPIC).keys
  const named = consumerGroupName(config.KAFKA_CONSUMER_GROUP, config.KAFKA_TOPIC)
  const keysConfig = { ...config, CLICKHOUSE_DATABASE: keysDatabase(config.CLICKHOUSE_DATABASE) }
  const shards = openShards(keysConfig, resources)
  const groups = groupsOfShards(named, shards.length)
  return {
    shards,
    stop,
    onCluster: onCluster(config.CLICKHOUSE_CLUSTER),
    closeSegments: () =>
      step('closing the segments of the topic of keys', fix.kafka(config), () =>
        closeSegments({ kafka, topic, filler: keyOfNobody(), log }).catch(nothingWithoutTopic),
      ),
    caughtUp: async (ends) => {
      if (ends.size === 0) return
      const ask = <T>(of: () => Promise<T>): Promise<T> =>
        step('asking how far the consumers are', fix.kafka(config), of)
      // All but ours, which are asked in any case. The one without shards is a group like any other where there are several: while
      // a site goes from one ClickHouse to more its consumers still insert keys.
      const [ours = named] = groups
      const others = await ask(() => otherGroups({ kafka, topic, consumerGroup: ours, log }))
      const deadline = performance.now() + WAIT_MS
      for (const group of new Set([...groups, ...others])) {
        await untilRead({ group, ends, deadline, stop }, () =>
          ask(() => readGroupOffsets({ kafka, consumerGroup: group, topics: [topic], log })),
        )
      }
    },
    deleteRecordsBefore: (ends) =>
      step('deleting the records of the topic of keys', fix.kafka(config), () =>
        deleteRecordsBefore({ kafka, topic, ends, log }),
      ),
  }
}

const WAIT_MS = 60_000
const LOOK_EVERY_MS = 200

/** @throws {KeysBehind} */
async function untilRead(
  what: {
    readonly group: string
    readonly ends: ClosedSegments['ends']
    readonly deadline: number
    readonly stop: AbortSignal
  },
  readOffsets: () => Promise<readonly GroupOffset[]>,
): Promise<void> {
  const { group, ends, deadline, stop } = what
  for (;;) {
    const offsets = await readOffsets()
    const behind = recordsBehind(
      offsets,
      offsets.map(({ partition }) => ends.get(partition) ?? 0),
    )
    if (behind === 0) return
    if (performance.now() > deadline) throw new KeysBehind(behind, group, WAIT_MS)
    await delay(LOOK_EVERY_MS, null, { signal: stop })
  }
}

function nothingWithoutTopic(error: unknown): ClosedSegments {
  const isMissing = error instanceof KafkaProblem && error.code === 'UNKNOWN_TOPIC_OR_PARTITION'
  if (isMissing) return { ends: new Map(), openBecause: null }
  throw error
}

/** Becomes a row that says nothing. */
function keyOfNobody() {
  const nobody = { key_id: '', group_id: '', user_id: null, anonymous_id: null }
  const value = encodeSealKey({ ...nobody, key: Buffer.alloc(0), made_at: Date.now() })
  return { key: Buffer.from('nobody'), value }
}
