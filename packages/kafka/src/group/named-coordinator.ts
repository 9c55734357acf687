import type { RawCluster, RawCoordinator } from 'kafkajs/src/consumer/consumerGroup.js'
import type { InstanceName } from './instance-name.ts'

const SYNC_GROUP = 14

/** The broker that coordinates the group; asked for once, until it is forgotten. */
export interface Coordinator {
  find(): Promise<RawCoordinator>
  /** After a failure: it may be another one now. */
  forget(): void
}

/**
 * kafkajs 2.2.4 writes a name into every request in which Kafka has a place for one, but its broker does not pass
 * it on. Between the two it is added here. OffsetCommit is sent in a version without: Kafka knows the member by its id.
 */
export function createCoordinator(options: {
  readonly cluster: Pick<RawCluster, 'findGroupCoordinator'>
  readonly groupId: string
  readonly name: Pick<InstanceName, 'id'>
  /** How long an answer to SyncGroup is waited for: whoever assigns may be slow, or die. @default as for any other */
  readonly syncWithinMs?: number
}): Coordinator {
  const { cluster, groupId, name, syncWithinMs = 0 } = options
  let found: RawCoordinator | null = null
  return {
    find: async () => {
      if (found?.isConnected() !== true) {
        found = naming(await cluster.findGroupCoordinator({ groupId }), name, syncWithinMs)
      }
      return found
    },
    forget: () => {
      found = null
    },
  }
}

function naming(
  broker: RawCoordinator,
  name: Pick<InstanceName, 'id'>,
  syncWithinMs: number,
): RawCoordinator {
  const named: RawCoordinator = Object.create(broker) // a parsing boundary: it has all of the broker
  const lookupRequest: RawCoordinator['lookupRequest'] = (api, versions) => {
    const make = broker.lookupRequest(api, versions)
    const patience = api === SYNC_GROUP ? { requestTimeout: syncWithinMs } : {} // at least kafkajs's own
    return (details) => ({ ...make({ ...details, groupInstanceId: name.id }), ...patience })
  }
  return Object.defineProperty(named, 'lookupRequest', { value: lookupRequest })
}
