import type { Logger } from '@custom-events/runtime'

/** Under which name a process is a member of its group: Kafka keeps the place of that name when the process dies. */
export interface InstanceName {
  /** `null`: it has none, or another process has it now. */
  readonly id: string | null
  /** Another process has joined under the name since. */
  readonly isTaken: boolean
  /** Kafka says so. */
  taken(): void
}

/** Of a process that is nobody in particular. */
export const NO_NAME: InstanceName = { id: null, isTaken: false, taken: () => {} }

/**
 * Whoever joins under a name last has it. The one before goes on without a name: would it join under the name again,
 * the two would throw each other out for ever, and would it end, whatever starts it again would do that for it.
 */
export function createInstanceName(options: {
  readonly id: string | null
  readonly consumerGroup: string
  readonly log: Pick<Logger, 'error'>
}): InstanceName {
  const { id, consumerGroup, log } = options
  let isTaken = false
  return {
    get id() {
      return isTaken ? null : id
    },
    get isTaken() {
      return isTaken
    },
    taken: () => {
      if (isTaken) return
      isTaken = true
      log.error(
        { instanceId: id, consumerGroup, code: 'FENCED_INSTANCE_ID' },
        `another process has joined ${consumerGroup} as ${id}, the KAFKA_GROUP_INSTANCE_ID of this one: what was in ` +
          'hand is given up, and this one goes on as a member without a name until it is started anew. Give each ' +
          'process a name of its own, or none (CustomEventsNameTaken in docs/runbook.md)',
      )
    },
  }
}
