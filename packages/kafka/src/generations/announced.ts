import type { Logger } from '@custom-events/runtime'
import type { FetchedRecord } from '../consumer/consumer-port.ts'
import {
  isSamePlacement,
  placementOf,
  readGeneration,
  type Generation,
} from './generation-record.ts'
import { momentNow, type Moment } from './moment.ts'
import type { Announced } from './place.ts'

/** Generations as the topic of erasures tells of them. A process never forgets one. */
export interface Announcements {
  /** The oldest first, up to the first that is missing: logs are registered in their order, and none before its predecessor. */
  readonly announced: readonly Announced[]
  /** The beginning of the last look that took everything and left nothing that is not understood. */
  readonly readAt: Moment | null
  /** What is not understood, in words: it may say that accounts are placed elsewhere. */
  readonly problem: string | null
  take(record: FetchedRecord): void
  /** @param asked when the look began. */
  readToEnd(asked: Moment): void
}

export function createAnnouncements(
  topic: string,
  log: Pick<Logger, 'info' | 'warn' | 'error'>,
  {
    shards,
    now = momentNow,
  }: {
    /** Over which events are spread. @default not looked at, by who neither places events nor reads them */
    readonly shards?: number | undefined
    /** @default momentNow */
    readonly now?: () => Moment
  } = {},
): Announcements {
  /** The oldest first. */
  let found: readonly Announced[] = []
  let announced: readonly Announced[] = []
  let readAt: Moment | null = null
  const unreadable = new Map<string, string>()

  const problem = (): string | null => {
    const [first] = unreadable.values()
    if (first !== undefined) return `a generation of the topic is not understood: ${first}`
    if (found.length === announced.length) return null
    const there = found.map(({ generation }) => generation).join(', ')
    return `topic ${topic} names the generations ${there}, and none between: run \`npm run setup\``
  }

  return {
    get announced() {
      return announced
    },
    get readAt() {
      return readAt
    },
    get problem() {
      return problem()
    },
    readToEnd: (asked) => {
      if (problem() === null) readAt = asked
    },
    take: ({ key, value, offset }) => {
      const name = key?.toString('utf8') ?? ''
      unreadable.delete(name)
      if (value === null) {
        if (found.some(({ generation }) => name === `generation:${generation}`))
          log.error(
            { topic, offset, key: name },
            'a generation was taken away, and is in use: kept',
          )
        return
      }
      const read = readGeneration(name, value)
      const before = found.find(({ generation }) => name === `generation:${generation}`)
      const wrong =
        typeof read === 'string' ? read : (contradiction(before, read) ?? apart(read, shards))
      if (typeof read === 'string' || wrong !== null) {
        unreadable.set(name, `${topic}/0@${offset}: ${wrong}`)
        log.error(
          { topic, offset, key: name, wrong },
          'a generation of the topic is not understood',
        )
        return
      }
      const seen = before ?? { seenAt: now(), unknownAt: readAt }
      const isOpen = read.isOpen || before?.isOpen === true
      const { seenAt, unknownAt } = seen
      found = [
        ...found.filter((each) => each !== before),
        { ...read, isOpen, seenAt, unknownAt },
      ].toSorted((one, other) => one.generation - other.generation)
      announced = found.filter(({ generation }, index) => generation === index + 2)
      if (before === undefined)
        log.warn(
          { topic: read.topic, partitions: read.partitions, split: [...(read.split?.ids ?? [])] },
          'the topic of events grows',
        )
      else if (!before.isOpen && isOpen) log.info({ topic: read.topic }, 'the next topic is open')
    },
  }
}

/** Accounts have been placed by it: it cannot mean anything else from now on. */
function contradiction(before: Announced | undefined, read: Generation): string | null {
  if (before === undefined || isSamePlacement(before, read)) return null
  return (
    `it names ${placementOf(read)}, and was ${placementOf(before)} before, by which accounts may ` +
    'have been placed'
  )
}

/** What is placed, or read, by such a number would lie in another ClickHouse than other copies of it. */
function apart({ partitions, split }: Generation, shards: number | undefined): string | null {
  if (shards === undefined) return null
  if (split !== undefined && split.shards !== shards) return otherShards(split.shards, shards)
  if (partitions % shards === 0) return null
  return (
    `it has ${partitions} partitions, no multiple of the ${shards} shards of ClickHouse: accounts would move to others. Either ` +
    'this program has another number of shards than there are (CLICKHOUSE_SHARDS, CLICKHOUSE_SHARD_URLS), or the topic was ' +
    'grown with another'
  )
}

function otherShards(recorded: number, shards: number): string {
  return (
    `it splits accounts over partitions of one of ${recorded} shards, and this program counts ${shards} ` +
    `(CLICKHOUSE_SHARDS, CLICKHOUSE_SHARD_URLS): name ${recorded}; for another number, another KAFKA_TOPIC ` +
    '(docs/runbook.md#a-split-with-the-wrong-number-of-shards)'
  )
}
