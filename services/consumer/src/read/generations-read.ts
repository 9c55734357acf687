import type { Generation, KafkaLog, TopicNames } from '@custom-events/kafka'
import type { TopicRoute } from './route.ts'

/** Every topic that is read: all generations of that of accepted events, the oldest first, and those that do not grow. */
export function topicsRead(
  { rejected, deadLetters, keys }: TopicNames,
  generations: readonly Generation[],
): readonly string[] {
  return [...generations.map(({ topic }) => topic), rejected, deadLetters, keys]
}

/**
 * Logs in the order of these topics. They are registered in it: the log of a later generation gets the higher number, in
 * whichever database, so that its copy of an event wins.
 */
export function inOrderOf(
  topics: readonly string[],
  logs: readonly KafkaLog[],
): readonly KafkaLog[] {
  return logs.toSorted((one, other) => topics.indexOf(one.topic) - topics.indexOf(other.topic))
}

/**
 * Parts logs at the first generation that Kafka does not tell of, as of a topic whose leader is not known: those `behind` it
 * must not be registered before it, because theirs would be the lower number for good.
 *
 * @param tracked every generation, the oldest first.
 */
export function atMissing(
  logs: readonly KafkaLog[],
  tracked: readonly string[],
): {
  readonly missing: string | null
  readonly ahead: readonly KafkaLog[]
  readonly behind: readonly KafkaLog[]
} {
  const first = tracked.findIndex((name) => !logs.some(({ topic }) => topic === name))
  const later = new Set(first < 0 ? [] : tracked.slice(first))
  return {
    missing: tracked[first] ?? null,
    ahead: logs.filter(({ topic }) => !later.has(topic)),
    behind: logs.filter(({ topic }) => later.has(topic)),
  }
}

/** Routes of every generation, each made once: a route knows what was learnt of the schemas in its topic. */
export function routesRead(
  others: readonly TopicRoute[],
  ofGeneration: (topic: string) => TopicRoute,
): (generations: readonly Generation[]) => readonly TopicRoute[] {
  const byTopic = new Map<string, TopicRoute>()
  return (generations) => [
    ...generations.map(({ topic }) => {
      const route = byTopic.get(topic) ?? ofGeneration(topic)
      byTopic.set(topic, route)
      return route
    }),
    ...others,
  ]
}
