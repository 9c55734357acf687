import { createClickHouse } from '@custom-events/clickhouse'
import {
  createLogEndsReader,
  readByShard,
  topicNames,
  type Generations,
} from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import { whyNotOurs } from '../assignment/shard.ts'
import type { ConsumerSettings } from '../config.ts'
import type { ConsumerMetrics } from '../metrics.ts'
import { recordCompleteness, type Completeness } from './completeness.ts'
import { endsOfTopics } from './ends-of-topics.ts'
import { watchRollups } from './rollup-freshness.ts'

interface Base {
  readonly settings: ConsumerSettings
  readonly metrics: ConsumerMetrics
  readonly log: Logger
  readonly resources: AsyncDisposableStack
}

/** Over connections of its own, so that neither a slow Kafka nor a slow ClickHouse holds a batch back there. */
export function openCompleteness(
  { settings, metrics, log, resources }: Base,
  generations: Generations,
): Completeness {
  const { config, shard, kafka } = settings
  const clickhouse = resources.use(createClickHouse(config))
  const named = { ...shard, url: config.CLICKHOUSE_URL }
  const { rejected, deadLetters, keys } = topicNames(config.KAFKA_TOPIC)
  const isRead = readByShard(shard, [keys])
  const completeness = recordCompleteness({
    clickhouse,
    whyNotOurs: async () => (shard.shards === 1 ? null : whyNotOurs({ clickhouse, named })),
    logEnds: resources.use(
      // What others read lies in other ClickHouses, each of which speaks of its own.
      endsOfTopics((topics) => createLogEndsReader({ kafka, topics, isRead, log })),
    ),
    generations: () => (generations.isKnown() ? generations.all.map(({ topic }) => topic) : null),
    otherTopics: [rejected, deadLetters, keys],
    log,
    onRecorded: (outcome) => metrics.completeness.inc({ outcome }),
  })
  return resources.use(completeness)
}

/** Over a connection of its own, as a question may take long. */
export function openRollupWatch({ settings, metrics, log, resources }: Base): void {
  const clickhouse = resources.use(createClickHouse(settings.config))
  const onLook = (behindSeconds: ReadonlyMap<string, number> | null): void => {
    metrics.rollupBehind.reset()
    for (const [rollup, seconds] of behindSeconds ?? []) {
      metrics.rollupBehind.set({ rollup }, seconds)
    }
  }
  resources.use(watchRollups({ clickhouse, log, onLook }))
}
