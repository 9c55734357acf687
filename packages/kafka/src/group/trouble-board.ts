import type { Logger } from '@custom-events/runtime'
import { createComings } from '../errors/comings.ts'
import type { Trouble, TroubleCause } from '../consumer/consumer-port.ts'
import { describeKafkaError, kafkaVerdict } from '../errors/kafka-errors.ts'
import type { KafkaErrorClass } from '../errors/kafka-remedies.ts'
import { UnreadableRecords, type WhyUnreadable } from '../record-batch/unreadable-records.ts'

/** Something that did not work, and about what it was. */
export interface Failure {
  readonly topic: string | null
  readonly partition: number | null
  readonly offset: number | null
  readonly error: unknown
  /** Said of the whole when there is no topic, such as `consumer group x`. */
  readonly resource?: string
}

/**
 * Collects what fails, and tells what lasts: once in the log, and as a list while it lasts. What never lasts and comes
 * again and again is told every few minutes, and makes nobody not ready: records are read in between.
 */
export interface TroubleBoard {
  /** Attempts that failed in a row under this key, this one included. */
  failed(key: string, failure: Failure): number
  /** What is told at once, being known without a doubt. */
  found(key: string, trouble: Omit<Trouble, 'sinceMs'>): void
  cleared(key: string): void
  /** Clears what has this prefix and is not in the list any more. */
  retain(prefix: string, keys: ReadonlySet<string>): void
  /** Of what has this prefix nothing is known any more: it is not told to be over. */
  forget(prefix: string): void
  /** Tells what has lasted long enough by now. */
  readonly troubles: readonly Trouble[]
}

/** What heals by itself within so long is nothing that a person must hear of. */
export const TELL_AFTER_MS = 10_000
const UNKNOWN_ATTEMPTS = 5

interface Entry {
  readonly sinceMs: number
  readonly startedAt: number
  times: number
  what: KafkaErrorClass
  trouble: Omit<Trouble, 'sinceMs'>
  isTold: boolean
}

export function createTroubleBoard(options: {
  readonly log: Pick<Logger, 'warn' | 'info'>
  /** Milliseconds of a clock that never jumps. @default performance.now */
  readonly now?: () => number
}): TroubleBoard {
  const { log, now = () => performance.now() } = options
  const entries = new Map<string, Entry>()

  const comings = createComings(now)

  const note = (key: string, what: KafkaErrorClass, trouble: Entry['trouble']): number => {
    const known = entries.get(key)
    if (known === undefined) {
      const times = { times: 1, sinceMs: Date.now(), startedAt: now() }
      entries.set(key, { ...times, what, trouble, isTold: false })
      tellOften(comings.came(key), trouble)
    } else {
      known.times++
      // Another reason is other news.
      if (known.trouble.code !== trouble.code) known.isTold = false
      known.what = what
      known.trouble = trouble
    }
    tell()
    return known?.times ?? 1
  }

  const tellOften = (often: number | null, { text, ...fields }: Entry['trouble']): void => {
    if (often === null) return
    log.warn(
      { ...fields, often },
      `reading stumbles again and again, ${often} times within minutes: ${text}`,
    )
  }

  const tell = (): void => {
    for (const entry of entries.values()) {
      const { what, times, startedAt, trouble, sinceMs } = entry
      if (entry.isTold || !isWorthTelling(what, { times, lastsMs: now() - startedAt })) continue
      entry.isTold = true
      const { text, ...fields } = trouble
      log.warn({ ...fields, since: new Date(sinceMs) }, `records are not read: ${text}`)
    }
  }

  const clear = (key: string): void => {
    const entry = entries.get(key)
    entries.delete(key)
    if (entry?.isTold !== true) return
    const { topic, partition, code, cause } = entry.trouble
    log.info({ topic, partition, code, cause }, 'what kept records from being read is over')
  }

  return {
    failed: (key, failure) => note(key, classOf(failure.error), describe(failure)),
    found: (key, trouble) => void note(key, 'permanent', trouble),
    cleared: clear,
    retain: (prefix, keys) => {
      for (const key of entries.keys()) {
        if (key.startsWith(prefix) && !keys.has(key)) clear(key)
      }
    },
    forget: (prefix) => {
      for (const key of entries.keys()) if (key.startsWith(prefix)) entries.delete(key)
    },
    get troubles() {
      tell()
      return [...entries.values()]
        .filter(({ isTold }) => isTold)
        .map(({ trouble, sinceMs }) => ({ ...trouble, sinceMs }))
    },
  }
}

/** A definite no at once; the unknown after a few attempts; everything that lasts, whatever it is called. */
export function isWorthTelling(
  what: KafkaErrorClass,
  so: { readonly times: number; readonly lastsMs: number },
): boolean {
  if (so.lastsMs >= TELL_AFTER_MS) return true
  switch (what) {
    case 'permanent':
    case 'data':
      return true
    case 'unknown':
      return so.times >= UNKNOWN_ATTEMPTS
    case 'passing':
    case 'unreachable':
    case 'rejoin':
    case 'out_of_range':
      return false
  }
}

const CAUSE_OF_UNREADABLE: Readonly<Record<WhyUnreadable, TroubleCause>> = {
  damaged: 'damaged',
  codec: 'codec',
  layout: 'damaged',
}

function classOf(error: unknown): KafkaErrorClass {
  if (!(error instanceof UnreadableRecords)) return kafkaVerdict(error).class
  return error.reason === 'damaged' ? 'unknown' : 'data' // damage on the way heals by another fetch
}

function describe({ error, resource, ...place }: Failure): Omit<Trouble, 'sinceMs'> {
  if (error instanceof UnreadableRecords) {
    const { offset, reason, message, remedy } = error
    const code = `UNREADABLE_RECORDS_${reason.toUpperCase()}`
    const cause = CAUSE_OF_UNREADABLE[reason]
    return { ...place, offset, code, cause, text: `${message}: ${remedy}` }
  }
  const { code, cause } = kafkaVerdict(error)
  return { ...place, code, cause, text: describeKafkaError(error, resource ?? nameOf(place)) }
}

function nameOf({ topic, partition, offset }: Omit<Failure, 'error'>): string | undefined {
  if (topic === null) return undefined
  if (partition === null) return `topic ${topic}`
  return offset === null ? `${topic}/${partition}` : `${topic}/${partition} at offset ${offset}`
}
