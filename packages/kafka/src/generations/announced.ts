import type { Logger } from '@custom-events/runtime'
import type { FetchedRecord } from '../consumer/consumer-port.ts'
import { readGeneration } from './generation-record.ts'
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
  now = momentNow,
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
      const wrong = typeof read === 'string' ? read : contradiction(before, read)
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
        log.warn({ topic: read.topic, partitions: read.partitions }, 'the topic of events grows')
      else if (!before.isOpen && isOpen) log.info({ topic: read.topic }, 'the next topic is open')
    },
  }
}

/** Accounts have been placed by it: it cannot mean anything else from now on. */
function contradiction(
  before: Announced | undefined,
  read: Pick<Announced, 'topic' | 'partitions'>,
): string | null {
  if (before === undefined) return null
  if (before.topic === read.topic && before.partitions === read.partitions) return null
  return (
    `it names ${read.topic} with ${read.partitions} partitions, and was ${before.topic} with ` +
    `${before.partitions} before, by which accounts may have been placed`
  )
}
