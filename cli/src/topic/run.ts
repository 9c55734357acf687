import { setTimeout as delay } from 'node:timers/promises'
import { waitOf } from '@custom-events/kafka'
import { fix, step } from '../step.ts'
import type { TopicConfig } from './config.ts'
import { nextStep } from './next.ts'
import { openGenerationTopics, type GenerationTopics } from './open.ts'

/** What an operator asked for. */
export interface GrowRequest {
  readonly partitions: number
  /** Without it nothing is changed. */
  readonly isMeant: boolean
}

const FAILED = 1
const STOPPED = 130
const LOOK_EVERY_MS = 200

/**
 * `npm run topic -- grow`: make the topic, announce it, wait, say that it is open. Each step may be done again, and the switch
 * needs only the first two.
 *
 * @returns the exit code @throws {StepError}
 */
export async function runGrow(
  { partitions, isMeant }: GrowRequest,
  { config: read, stop }: { readonly config: TopicConfig; readonly stop: AbortSignal },
  print: (line: string) => void,
): Promise<number> {
  await using resources = new AsyncDisposableStack()
  const topics = await step('reading the generations of the topic', fix.kafka(read.config), () =>
    openGenerationTopics(read, resources),
  )
  const known = { all: topics.all(), isLastOpen: topics.isLastOpen() }
  const todo = nextStep(read.config.KAFKA_TOPIC, known, partitions)
  if (todo.step === 'refused') {
    print(`Refused: ${todo.why}.`)
    return FAILED
  }
  if (todo.step === 'none') {
    print(`${todo.now.topic} has ${partitions} partitions and takes events. Nothing to do.`)
    return 0
  }
  const { next, before } = todo
  const inSeconds = Math.ceil(waitOf(read.leaseMs) / 1_000)
  if (!isMeant) {
    print(`${before.topic} has ${before.partitions} partitions.`)
    if (todo.step === 'make') print(`Would make ${next.topic} with ${partitions} partitions.`)
    print(`Would have every ingest write to ${next.topic} within ${inSeconds} s. Do it with --yes.`)
    return 0
  }
  if (todo.step === 'make') {
    await step(`making topic ${next.topic}`, fix.kafka(read.config), () => topics.make(next))
    print(`topic ${next.topic}: ${partitions} partitions`)
    await step('announcing it', fix.kafka(read.config), () =>
      topics.say({ ...next, isOpen: false }),
    )
  }
  print(`announced: every ingest leaves ${before.topic} within ${inSeconds} s, by itself`)
  if (!(await begun(topics, stop))) {
    print('Stopped: the switch goes on. Run it again, so that who starts later need not wait.')
    return STOPPED
  }
  await step('saying that it is open', fix.kafka(read.config), () =>
    topics.say({ ...next, isOpen: true }),
  )
  print(`${next.topic} takes events. ${before.topic} is read on; do not delete it.`)
  return 0
}

/** Waits until no lease on the generation before can be held by anybody. */
async function begun(topics: GenerationTopics, stop: AbortSignal): Promise<boolean> {
  while (!topics.hasBegun()) {
    if (stop.aborted) return false
    await delay(LOOK_EVERY_MS, null, { signal: stop }).catch(() => {})
  }
  return true
}
