import { setTimeout as delay } from 'node:timers/promises'
import {
  COMPLETE_KEY,
  createErasedIds,
  readErasure,
  UnreadableErasure,
  type ErasedIds,
  type ErasureRecord,
} from '@custom-events/event'
import type { Logger } from '@custom-events/runtime'
import type { FetchedRecord } from '../consumer/consumer-port.ts'
import { KafkaProblem } from '../errors/kafka-problem.ts'
import { createAnnouncements, type Announcements } from '../generations/announced.ts'
import { isGenerationKey } from '../generations/generation-record.ts'
import { momentNow, msSince, type Moment } from '../generations/moment.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { followTopic, type TopicFollower, type TopicReader } from './follow-topic.ts'

/** How many erasures are held, in about half a KB each. `erase` asks for no more; what is beyond is not known here. */
export const MAX_ERASURES = 200_000

/** Who is erased, as far as this process knows, and how well it knows. */
export interface Erasures extends AsyncDisposable {
  readonly ids: ErasedIds
  /** Grows with every change of `ids`. */
  readonly version: number
  /** Since when nothing is known for certain, in milliseconds; Infinity: the topic was never read to its end. */
  readonly ageMs: number
  /** Why the topic is not or not wholly understood; `null`: it is. */
  readonly trouble: string | null
  /** Whether `setup` has said that everybody is named who was erased before the topic was made. */
  readonly isComplete: boolean
  /** `null` once it was read to its end and is complete, and while every record of it is understood. */
  readonly notReadyReason: string | null
  /** Next generations of the topic of events, which the same topic tells of. */
  readonly announcements: Announcements
  records(): Iterable<ErasureRecord>
  /** Keys of records that are not understood. */
  unreadableKeys(): Iterable<string>
}

export interface ErasuresOptions {
  readonly kafka: KafkaConfig
  /** The topic of erasures, see `erasedTopic`. */
  readonly topic: string
  readonly log: Logger
  /** Called after every change and every failure. */
  readonly onChange?: () => void
  readonly maxErasures?: number
  /** Over which events are spread: generations must have been made for so many. @default not looked at */
  readonly shards?: number
  /** @default over Kafka */
  readonly follow?: (reader: TopicReader) => TopicFollower
}

/** Longest wait of a fetch for something new: so long an erasure may take to be known, and the proof of there being none. */
const WAIT_MS = 500
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 2_000

/** Reads the topic of erasures from its beginning, and follows it until it is closed. Never throws. */
export function followErasures(options: ErasuresOptions): Erasures {
  const { topic, onChange = () => {}, maxErasures = MAX_ERASURES } = options
  const state = createState(options, maxErasures)
  const follower = (options.follow ?? ((reader) => followTopic({ ...options, reader })))(
    state.reader,
  )
  const closing = new AbortController()

  const run = async (): Promise<void> => {
    let pauseMs = FIRST_PAUSE_MS
    while (!closing.signal.aborted) {
      const asked = momentNow()
      try {
        if (await follower.read(WAIT_MS)) state.readToEnd(asked)
        pauseMs = FIRST_PAUSE_MS
      } catch (error) {
        if (closing.signal.aborted) return
        state.failed(error)
        onChange()
        await delay(pauseMs, null, { signal: closing.signal }).catch(() => {})
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
        continue
      }
      onChange()
    }
  }
  const running = run()

  return {
    ids: state.ids,
    get version() {
      return state.version
    },
    get ageMs() {
      return state.ageMs
    },
    get trouble() {
      return state.trouble
    },
    get isComplete() {
      return state.isComplete
    },
    get notReadyReason() {
      if (state.unreadable !== null) return state.unreadable
      if (state.ageMs < Infinity) return state.isComplete ? null : notFilled(topic)
      return `who is erased is not known yet${state.trouble === null ? '' : `: ${state.trouble}`}`
    },
    announcements: state.announcements,
    records: () => state.ids.records(),
    unreadableKeys: () => state.unreadableKeys(),
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await follower[Symbol.asyncDispose]()
      await running
    },
  }
}

function createState({ topic, log, shards }: ErasuresOptions, maxErasures: number) {
  const ids = createErasedIds()
  const announcements = createAnnouncements(topic, log, { shards })
  /** Keys of records that are not understood: an erasure may be among them. */
  const unreadable = new Map<string, string>()
  let isComplete = false
  let beyond = 0
  let knownAt: Moment | null = null
  let failure: string | null = null
  let version = 0

  const take = (record: FetchedRecord): void => {
    const { key, value, offset } = record
    const name = key?.toString('utf8') ?? ''
    if (isGenerationKey(name)) return announcements.take(record)
    version++
    if (name === COMPLETE_KEY) {
      isComplete = value !== null
      return
    }
    unreadable.delete(name)
    if (value === null) return ids.delete(name)
    if (ids.size >= maxErasures && ids.get(name) === undefined) {
      beyond++
      return
    }
    try {
      ids.set(name, readErasure(key, value))
    } catch (error) {
      if (!(error instanceof UnreadableErasure)) throw error
      ids.delete(name)
      if (unreadable.size < MAX_TOLD) unreadable.set(name, `${topic}/0@${offset}: ${error.message}`)
      log.error({ topic, offset, err: error }, `a record of erasures is not understood${WAY_OUT}`)
    }
  }

  return {
    ids,
    announcements,
    reader: {
      record: take,
      // Nobody comes back by it: until setup has filled such a topic, it says nothing of anybody.
      forget: () => {
        version++
        if (ids.size > 0) log.warn({ topic, erasures: ids.size }, MADE_ANEW)
        unreadable.clear()
        isComplete = false
        beyond = 0
        knownAt = null
      },
    },
    readToEnd: (asked: Moment) => {
      if (failure !== null) log.info({ topic }, 'erasures are read again')
      failure = null
      knownAt = asked
      // One that was made anew lacks generations until setup has filled it.
      if (isComplete) announcements.readToEnd(asked)
    },
    failed: (error: unknown) => {
      const text = told(error)
      if (failure === null) log.warn({ topic, err: error }, 'erasures cannot be read, trying again')
      failure = text
    },
    get version() {
      return version
    },
    get ageMs() {
      return knownAt === null ? Infinity : msSince(knownAt)
    },
    get trouble() {
      return failure
    },
    get isComplete() {
      return isComplete
    },
    unreadableKeys: () => unreadable.keys(),
    get unreadable() {
      const [first] = unreadable.values()
      if (first !== undefined) return `a record of erasures is not understood: ${first}${WAY_OUT}`
      if (beyond === 0) return null
      return `topic ${topic} names more than ${maxErasures} erasures: ${beyond} are not known here (docs/runbook.md#erasures-are-not-known)`
    },
  }
}

function notFilled(topic: string): string {
  return (
    `topic ${topic} does not say that it is complete: it was made, and who was erased before is not written into it yet. ` +
    'Run `npm run setup` (docs/runbook.md#erasures-are-not-known)'
  )
}

const MAX_TOLD = 1_000
const MADE_ANEW =
  'the topic of erasures was made anew, or its beginning is gone: this process goes on with those that it knows; run setup, ' +
  'which fills the topic, before it is started again'
const WAY_OUT =
  ': write it anew, or take it away with `custom-events erase --discard-unreadable` (docs/runbook.md#erasures-are-not-known)'

function told(error: unknown): string {
  if (error instanceof KafkaProblem) return `${error.message}: ${error.remedy}`
  return error instanceof Error ? error.message : String(error)
}
