import { createClickHouse } from '@custom-events/clickhouse'
import { createLogEndsReader, topicNames, type Generations } from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
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
  const { config, kafka } = settings
  const { rejected, deadLetters, keys } = topicNames(config.KAFKA_TOPIC)
  const completeness = recordCompleteness({
    clickhouse: resources.use(createClickHouse(config)),
    logEnds: resources.use(
      endsOfTopics((read) => createLogEndsReader({ kafka, topics: read, log })),
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
