import { counted } from '../counted.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { waitOf } from '@custom-events/kafka'
import { fix, step } from '../step.ts'
import type { TopicConfig } from './config.ts'
import { groupsProblem } from './groups.ts'
import { nextStep, saidOf, type NextStep, type Wanted } from './next.ts'
import { openGenerationTopics, type GenerationTopics } from './open.ts'

/** What an operator asked for. */
export interface GrowRequest extends Omit<Wanted, 'shards'> {
  /** Without it nothing is changed. */
  readonly isMeant: boolean
  /** `false`: none has ever run, so that no group is looked for. */
  readonly hasConsumers: boolean
}

interface Running {
  readonly config: TopicConfig
  readonly stop: AbortSignal
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
  { isMeant, hasConsumers, ...asked }: GrowRequest,
  { config: read, stop }: Running,
  print: (line: string) => void,
): Promise<number> {
  await using resources = new AsyncDisposableStack()
  const topics = await step('reading the generations of the topic', fix.kafka(read.config), () =>
    openGenerationTopics(read, resources),
  )
  const { CLICKHOUSE_SHARDS: shards } = read.config
  const known = { all: topics.all(), isLastOpen: topics.isLastOpen() }
  const todo = nextStep(read.config.KAFKA_TOPIC, known, { ...asked, shards })
  if (todo.step === 'refused') {
    print(`Refused: ${todo.why}.`)
    return FAILED
  }
  if (todo.step === 'none') {
    print(`${todo.now.topic} takes events, ${saidOf(todo.now)}. Nothing to do.`)
    return 0
  }
  if (todo.step === 'make') {
    const groups = await step('looking at the consumers', fix.kafka(read.config), () =>
      topics.groups(),
    )
    const why = groupsProblem(groups, { shards, hasConsumers })
    if (why !== null) {
      print(`Refused: ${why}`)
      return FAILED
    }
  }
  if (!isMeant) {
    for (const line of whatWouldBe(todo, read)) print(line)
    return 0
  }
  return await grow(todo, { topics, config: read, stop }, print) // before what it uses is closed
}

type Todo = Extract<NextStep, { readonly step: 'open' | 'make' }>

async function grow(
  { step: first, next, before }: Todo,
  { topics, config: read, stop }: Running & { readonly topics: GenerationTopics },
  print: (line: string) => void,
): Promise<number> {
  print(shardsOf(read))
  if (first === 'make') {
    await step(`making topic ${next.topic}`, fix.kafka(read.config), () =>
      topics.make(next, before),
    )
    print(`topic ${next.topic}: ${counted(next.partitions, 'partition')}`)
    await step('announcing it', fix.kafka(read.config), () =>
      topics.say({ ...next, isOpen: false }),
    )
  }
  print(`announced: every ingest leaves ${before.topic} within ${inSeconds(read)} s, by itself`)
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

function whatWouldBe({ step: first, next, before }: Todo, config: TopicConfig): readonly string[] {
  return [
    `${before.topic} takes events, ${saidOf(before)}.`,
    ...(first === 'make' ? [`Would make ${next.topic} ${saidOf(next)}.`] : []),
    shardsOf(config),
    `Would have every ingest write to ${next.topic} within ${inSeconds(config)} s. Do it with --yes.`,
  ]
}

function inSeconds({ leaseMs }: TopicConfig): number {
  return Math.ceil(waitOf(leaseMs) / 1_000)
}

function shardsOf({ config }: TopicConfig): string {
  const { CLICKHOUSE_SHARDS: shards } = config
  return shards > 1
    ? `Every account stays on its shard of the ${shards} (CLICKHOUSE_SHARDS).`
    : 'All events are taken to be in one ClickHouse (CLICKHOUSE_SHARDS=1): is that so?'
}

/** Waits until no lease on the generation before can be held by anybody. */
async function begun(topics: GenerationTopics, stop: AbortSignal): Promise<boolean> {
  while (!topics.hasBegun()) {
    if (stop.aborted) return false
    await delay(LOOK_EVERY_MS, null, { signal: stop }).catch(() => {})
  }
  return true
}
