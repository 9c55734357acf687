import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@custom-events/runtime'
import type { ProduceHealth } from '../producer/produce-health.ts'
import type { TopicFacts } from './topic-facts.ts'
import type { TopicLimits } from './topic-limits.ts'
import { troublesOf, type ProduceTrouble } from './topic-troubles.ts'

/** What is wrong with the topics that are produced to, kept true while the connection is good. */
export interface TopicWatch extends AsyncDisposable {
  /** Why nothing can be produced to a topic that is needed, or `null`. */
  readonly notReadyReason: string | null
  readonly troubles: readonly ProduceTrouble[]
  /** Asks the brokers now. @throws when none answers. */
  look(): Promise<void>
  /** Something failed: tells it, and looks soon. */
  suspect(): void
}

/** A limit that was lowered, a right that was taken, a leader that is gone: known after so long without an event. */
const LOOK_EVERY_MS = 15_000
/** While something is wrong. */
const LOOK_AGAIN_MS = 2_000

/** @param options.sideTopics without which the producer is still of use. */
export function watchTopics(options: {
  readonly ask: () => Promise<readonly TopicFacts[] | null>
  readonly isConnected: () => boolean
  readonly sideTopics: ReadonlySet<string>
  readonly health: ProduceHealth
  readonly limits: TopicLimits
  readonly log: Logger
}): TopicWatch {
  const { ask, isConnected, sideTopics, health, limits, log } = options
  const stopping = new AbortController()
  let wake = new AbortController()
  let facts: readonly TopicFacts[] = []
  let troubles: readonly ProduceTrouble[] = []
  let notReadyReason: string | null = null

  const review = (): void => {
    const now = withoutRepeats([...troublesOf(facts), ...health.troubles()])
    logChanges(log, troubles, now)
    if (now.length > 0 && troubles.length === 0) wake.abort() // do not sleep on it
    troubles = now
    const stops = now.find(({ topic, partitions }) => partitions === null && !sideTopics.has(topic))
    notReadyReason = stops?.text ?? null
  }

  const look = async (): Promise<void> => {
    facts = (await ask()) ?? []
    for (const { topic, maxBatchBytes, mayWrite } of facts) {
      limits.of(topic).set(maxBatchBytes)
      if (mayWrite === true) health.clear(topic, 'rights')
    }
    review()
  }

  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const signal = AbortSignal.any([stopping.signal, wake.signal])
      await delay(troubles.length > 0 ? LOOK_AGAIN_MS : LOOK_EVERY_MS, null, { signal }).catch(
        () => {},
      )
      if (wake.signal.aborted) {
        await delay(SOON_MS, null, { signal: stopping.signal }).catch(() => {})
        wake = new AbortController()
      }
      if (stopping.signal.aborted) return
      if (isConnected()) {
        await look().catch((err: unknown) => log.debug({ err }, 'the topics were not described'))
      }
      review()
    }
  }
  const watching = watch()

  return {
    get notReadyReason() {
      return notReadyReason
    },
    get troubles() {
      return troubles
    },
    look,
    suspect: () => {
      review()
      wake.abort()
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await watching
    },
  }
}

/** Suspicion can come with every failed request; looking costs a connection. */
const SOON_MS = 1_000

/** What a broker says comes first: what failed because of it says the same once more. */
function withoutRepeats(troubles: readonly ProduceTrouble[]): readonly ProduceTrouble[] {
  const byKey = new Map<string, ProduceTrouble>()
  for (const trouble of troubles) {
    const key = keyOf(trouble)
    if (!byKey.has(key)) byKey.set(key, trouble)
  }
  return [...byKey.values()]
}

function keyOf({ topic, code }: ProduceTrouble): string {
  return `${topic} ${code}`
}

/** Each trouble once when it comes, once when it goes. */
function logChanges(
  log: Logger,
  before: readonly ProduceTrouble[],
  now: readonly ProduceTrouble[],
): void {
  const old = new Set(before.map(keyOf))
  const current = new Set(now.map(keyOf))
  for (const trouble of now) {
    if (old.has(keyOf(trouble))) continue
    const { topic, partitions, code, text: reason } = trouble
    log.error({ topic, partitions, code, reason }, 'Kafka does not take what is produced')
  }
  for (const { topic, code } of before.filter((each) => !current.has(keyOf(each)))) {
    log.info({ topic, code }, 'Kafka takes again what is produced')
  }
}
