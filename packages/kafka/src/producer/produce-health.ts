import type { KafkaVerdict } from '../errors/kafka-errors.ts'
import type { TopicPartition } from '../records.ts'
import { createThrottling, THROTTLE_WINDOW_MS, type OnThrottled } from '../errors/throttling.ts'
import type { ProduceTrouble } from '../topics/topic-troubles.ts'

/** What produce requests have shown to be wrong, until one succeeds or nothing has failed for a while. */
export interface ProduceHealth {
  failed(place: TopicPartition, verdict: KafkaVerdict, text: string): void
  acknowledged(place: TopicPartition): void
  /** A broker asks us to wait, because of a quota. */
  readonly throttled: OnThrottled
  /** What a broker says about a topic speaks against an error that was remembered. */
  clear(topic: string, cause: KafkaVerdict['cause']): void
  /** What should be told by now; forgets what is old. */
  troubles(): readonly ProduceTrouble[]
}

/** A passing error is told when it has lasted for so long; others at once. */
const PASSING_MS = 8_000
/**
 * Where a permanent error makes producing stop, nothing would ever show that it is over: after so long the next
 * record tries. Each time that it fails again, without a success between, the next try is twice as far away.
 */
const HOLD_MS = 10_000
const MAX_HOLD_MS = 80_000
const FORGET_MS = 30_000

interface Failing {
  readonly place: TopicPartition
  verdict: KafkaVerdict
  text: string
  readonly sinceMs: number
  lastMs: number
  holdMs: number
  /** Another partition of the topic took records after it: it is not the topic that refuses. */
  isAlone: boolean
}

/** @param clock milliseconds, never jumping. */
export function createProduceHealth(clock: () => number): ProduceHealth {
  const failingByPlace = new Map<string, Failing>()
  const throttling = createThrottling(clock)

  /** The topic is tried by whichever partition comes next: they share how long it is left alone. */
  const longestHoldMs = (topic: string): number => {
    const now = clock()
    let longestMs = HOLD_MS
    for (const { place, lastMs, holdMs, ...failing } of failingByPlace.values()) {
      if (place.topic !== topic || !isWholeTopic(failing)) continue
      const nextMs = now - lastMs > holdMs ? Math.min(2 * holdMs, MAX_HOLD_MS) : holdMs
      longestMs = Math.max(longestMs, nextMs)
    }
    return longestMs
  }

  return {
    failed: (place, verdict, text) => {
      const now = clock()
      const key = keyOf(place)
      const known = failingByPlace.get(key)
      if (known === undefined) {
        const first = {
          sinceMs: now,
          lastMs: now,
          holdMs: longestHoldMs(place.topic),
          isAlone: false,
        }
        failingByPlace.set(key, { place, verdict, text, ...first })
        return
      }
      const wasTried = now - known.lastMs > known.holdMs
      const holdMs = wasTried ? Math.min(2 * known.holdMs, MAX_HOLD_MS) : known.holdMs
      Object.assign(known, { verdict, text, lastMs: now, holdMs, isAlone: false })
    },
    acknowledged: (place) => {
      if (failingByPlace.size === 0) return
      failingByPlace.delete(keyOf(place))
      for (const each of failingByPlace.values()) {
        if (each.place.topic === place.topic) each.isAlone = true
      }
    },
    throttled: throttling.add,
    clear: (topic, cause) => {
      for (const [key, { place, verdict }] of failingByPlace) {
        if (place.topic === topic && verdict.cause === cause) failingByPlace.delete(key)
      }
    },
    troubles: () => {
      const now = clock()
      const told: Failing[] = []
      for (const [key, failing] of failingByPlace) {
        const agoMs = now - failing.lastMs
        const isHeld = isWholeTopic(failing)
        if (agoMs > (isHeld ? 2 * MAX_HOLD_MS : FORGET_MS)) failingByPlace.delete(key)
        else if (isHeld && agoMs > failing.holdMs)
          continue // the next record tries
        else if (!isPassing(failing.verdict) || now - failing.sinceMs >= PASSING_MS) {
          told.push(failing)
        }
      }
      return [...together(told), ...throttled(throttling.heldBackMs)]
    },
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

function isPassing({ class: what }: KafkaVerdict): boolean {
  return what === 'passing' || what === 'unreachable' || what === 'rejoin'
}

/** Of the topic, not of these records: every other partition would meet it too. */
function isWhole({ class: what }: KafkaVerdict): boolean {
  return what === 'permanent' || what === 'unknown'
}

function isWholeTopic({ verdict, isAlone }: Pick<Failing, 'verdict' | 'isAlone'>): boolean {
  return isWhole(verdict) && !isAlone
}

/** One trouble for each topic and code, with all its partitions. */
function together(told: readonly Failing[]): readonly ProduceTrouble[] {
  const groups = Map.groupBy(told, ({ place, verdict }) => `${place.topic} ${verdict.code}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { place, verdict, text } = first
    const partitions = group.map((each) => each.place.partition).toSorted((a, b) => a - b)
    const more = group.length - 1
    return [
      {
        topic: place.topic,
        partitions: group.some(isWholeTopic) ? null : partitions,
        code: verdict.code,
        text: more === 0 ? text : `${text} (and ${more} more of its partitions)`,
        isPermanent: isWhole(verdict),
      },
    ]
  })
}

function throttled(heldBackMs: number | null): readonly ProduceTrouble[] {
  if (heldBackMs === null) return []
  const text =
    `Kafka has held back this producer for ${heldBackMs} ms of ${THROTTLE_WINDOW_MS / 1_000} s ` +
    '(THROTTLED): raise the quota of its user or client (producer_byte_rate, request_percentage)'
  return [{ topic: '', partitions: [], code: 'THROTTLED', text, isPermanent: false }]
}
