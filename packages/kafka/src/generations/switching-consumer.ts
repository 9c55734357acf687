import type { Consumer, ConsumerEvent } from '../consumer/consumer-port.ts'

/** A member that reads other topics from some moment on. */
export interface SwitchingConsumer extends Consumer {
  /** Reads these from now on: leaves the group and joins it again, if they are others. */
  readTopics(topics: readonly string[]): void
}

/**
 * A consumer whose topics may change. What was in hand when they do is given up uncommitted and read again; assignments go
 * on being numbered, so that none is taken for another. The next member joins when the last one has left: under one name
 * they would throw each other out.
 *
 * @param open a member that reads these topics.
 */
export function createSwitchingConsumer(
  topics: readonly string[],
  open: (topics: readonly string[]) => Consumer,
): SwitchingConsumer {
  let current = { member: open(topics), topics, epochsBefore: 0 }
  let wanted = topics
  let lastEpoch = 0
  let switching: Promise<void> | null = null
  let isClosed = false

  const isOther = (): boolean => !isClosed && wanted.join() !== current.topics.join()

  /** Begun only with other topics, so that it waits before it is over. */
  const switchMember = async (): Promise<void> => {
    while (isOther()) {
      current.epochsBefore = lastEpoch
      await current.member[Symbol.asyncDispose]()
      if (!isClosed) current = { member: open(wanted), topics: wanted, epochsBefore: lastEpoch }
    }
    switching = null
  }

  const numbered = (event: ConsumerEvent, epochsBefore: number): ConsumerEvent => {
    if (event.kind === 'idle') return event
    const epoch = event.epoch + epochsBefore
    lastEpoch = Math.max(lastEpoch, epoch)
    return { ...event, epoch }
  }

  return {
    readTopics: (others) => {
      wanted = others
      if (isOther()) switching ??= switchMember()
    },
    fetch: async (wait) => {
      await switching
      const { member, epochsBefore } = current
      return numbered(await member.fetch(wait), epochsBefore)
    },
    takeRecords: async ({ epoch, signal }) => {
      await switching
      const { member, epochsBefore } = current
      return member.takeRecords({ epoch: epoch - epochsBefore, signal })
    },
    commit: async (epoch, offsets) => {
      const { member, epochsBefore } = current
      return epoch > epochsBefore && member.commit(epoch - epochsBefore, offsets)
    },
    rejoin: () => current.member.rejoin(),
    get notReadyReason() {
      return current.member.notReadyReason
    },
    get troubles() {
      return current.member.troubles
    },
    get isNameTaken() {
      return current.member.isNameTaken
    },
    get backlog() {
      return current.member.backlog
    },
    get foreignMembers() {
      return current.member.foreignMembers
    },
    get earlierMembers() {
      return current.member.earlierMembers
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true
      await switching
      await current.member[Symbol.asyncDispose]()
    },
  }
}
