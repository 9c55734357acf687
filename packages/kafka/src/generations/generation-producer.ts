import { UNAVAILABLE } from '../producer/deliveries.ts'
import type { Producer } from '../producer/producer.ts'
import type { OutgoingRecord, ProduceOutcome } from '../records.ts'
import type { Generation } from './generation-record.ts'
import type { Generations } from './generations.ts'

/** A producer of whichever generation is open. */
export interface GenerationProducer extends Producer {
  /** Opens what has been announced meanwhile, so that it is ready when it is needed. */
  follow(): void
}

/**
 * Produces to every generation of the topic of accepted events, wherever records were placed; it is not ready while nothing
 * may be placed.
 *
 * @param options.first of the first generation, and of all other topics.
 * @param options.open a producer of a later generation. All of them are closed with this one.
 */
export function createGenerationProducer(options: {
  readonly generations: Pick<Generations, 'all' | 'place'>
  readonly first: Producer
  readonly open: (generation: Generation) => Producer
}): GenerationProducer {
  const { generations, first, open } = options
  const later = new Map<string, Producer>()
  let isClosed = false

  const follow = (): void => {
    if (isClosed) return
    for (const each of generations.all.slice(1)) {
      if (!later.has(each.topic)) later.set(each.topic, open(each))
    }
  }
  const all = (): readonly Producer[] => [first, ...later.values()]
  const producerOf = (topic: string): Producer => later.get(topic) ?? first
  /** Asked for with each request. */
  const current = (): Producer => (later.size === 0 ? first : producerOf(generations.place().topic))

  const produceEach = async (
    records: readonly OutgoingRecord[],
  ): Promise<readonly ProduceOutcome[]> => {
    const outcomeOf = new Map<OutgoingRecord, ProduceOutcome>()
    const produceSome = async (some: readonly OutgoingRecord[], topic: string): Promise<void> => {
      const outcomes = await producerOf(topic).produce(some)
      for (const [index, record] of some.entries())
        outcomeOf.set(record, outcomes[index] ?? UNAVAILABLE)
    }
    const byTopic = [...Map.groupBy(records, ({ topic }) => topic)]
    await Promise.all(byTopic.map(([topic, some]) => produceSome(some, topic)))
    return records.map((record) => outcomeOf.get(record) ?? UNAVAILABLE)
  }

  return {
    follow,
    produce: (records) => {
      const topic = records[0]?.topic ?? ''
      const isOfOne = records.every((record) => record.topic === topic)
      return isOfOne ? producerOf(topic).produce(records) : produceEach(records)
    },
    get notReadyReason() {
      const { topic, closed } = generations.place()
      return first.notReadyReason ?? closed ?? later.get(topic)?.notReadyReason ?? null
    },
    get troubles() {
      return all().flatMap(({ troubles }) => troubles)
    },
    maxBatchBytes: (topic) => producerOf(topic).maxBatchBytes(topic),
    get bufferedBytes() {
      return all().reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0)
    },
    get isFull() {
      return current().isFull
    },
    get isHalfFull() {
      return current().isHalfFull
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true
      await Promise.all(all().map((each) => each[Symbol.asyncDispose]()))
    },
  }
}
