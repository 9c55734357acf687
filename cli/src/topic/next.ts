import { generationTopic, type Generation } from '@custom-events/kafka'

/** What is left to do until the topic has so many partitions. */
export type NextStep =
  | { readonly step: 'none'; readonly now: Generation }
  | { readonly step: 'refused'; readonly why: string }
  /** It was announced, and has not been said to be open. */
  | { readonly step: 'open'; readonly next: Generation; readonly before: Generation }
  | { readonly step: 'make'; readonly next: Generation; readonly before: Generation }

/** @param all the oldest first; the last may not be open yet. */
export function nextStep(
  tracked: string,
  { all, isLastOpen }: { readonly all: readonly Generation[]; readonly isLastOpen: boolean },
  partitions: number,
): NextStep {
  const last = all.at(-1)
  const before = all.at(-2)
  if (last === undefined) return { step: 'refused', why: 'no generation of the topic is known' }
  if (!isLastOpen && before !== undefined) {
    if (last.partitions === partitions) return { step: 'open', next: last, before }
    const why = `${last.topic} was begun with ${last.partitions} partitions and is not open yet: finish it first (--partitions ${last.partitions})`
    return { step: 'refused', why }
  }
  if (last.partitions === partitions) return { step: 'none', now: last }
  if (last.partitions > partitions) {
    const why = `${last.topic} has ${last.partitions} partitions: a topic cannot have fewer than before`
    return { step: 'refused', why }
  }
  const generation = last.generation + 1
  const topic = generationTopic(tracked, generation)
  return { step: 'make', next: { generation, topic, partitions }, before: last }
}
