import type { ClickHouse } from '@custom-events/clickhouse'
import type { Consumer, Producer } from '@custom-events/kafka'

/** Moments at which a test may have the process die without a word. */
export const FAILPOINTS = [
  'none',
  'on_assignment',
  'after_fetch',
  'before_insert',
  'after_insert',
  'after_commit',
  'before_dead_letter',
  'after_dead_letter',
] as const
export type Failpoint = (typeof FAILPOINTS)[number]

interface Ports {
  readonly clickhouse: ClickHouse
  readonly consumer: Consumer
  readonly producer: Pick<Producer, 'produce'>
}

/**
 * The same ports, but the process is killed with SIGKILL at the failpoint: the only way to be sure that a
 * crash falls exactly there. With `none` they are the ports themselves.
 */
export function withFailpoint(ports: Ports, failpoint: Failpoint): Ports {
  if (failpoint === 'none') return ports
  const reach = (point: Failpoint): void => {
    if (point === failpoint) process.kill(process.pid, 'SIGKILL')
  }
  const { clickhouse, consumer, producer } = ports
  return {
    clickhouse: {
      ...clickhouse,
      insertNative: async (insert) => {
        reach('before_insert')
        await clickhouse.insertNative(insert)
        reach('after_insert')
      },
    },
    consumer: {
      get notReadyReason() {
        return consumer.notReadyReason
      },
      get troubles() {
        return consumer.troubles
      },
      get backlog() {
        return consumer.backlog
      },
      get isNameTaken() {
        return consumer.isNameTaken
      },
      get foreignMembers() {
        return consumer.foreignMembers
      },
      get earlierMembers() {
        return consumer.earlierMembers
      },
      rejoin: () => consumer.rejoin(),
      fetch: async (wait) => {
        const event = await consumer.fetch(wait)
        if (event.kind === 'assigned') reach('on_assignment')
        if (event.kind === 'records') reach('after_fetch')
        return event
      },
      takeRecords: async (of) => {
        const records = await consumer.takeRecords(of)
        if (records !== null) reach('after_fetch')
        return records
      },
      commit: async (epoch, offsets) => {
        const isCommitted = await consumer.commit(epoch, offsets)
        reach('after_commit')
        return isCommitted
      },
      [Symbol.asyncDispose]: () => consumer[Symbol.asyncDispose](),
    },
    producer: {
      produce: async (records) => {
        reach('before_dead_letter')
        const outcomes = await producer.produce(records)
        reach('after_dead_letter')
        return outcomes
      },
    },
  }
}
