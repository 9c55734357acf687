import { readKafkaMetadata, type PartitionState, type Server } from '@custom-events/embedded'
import type { ScenarioWorld } from './scenario-world.ts'

/** The last of three brokers, and what it is in the eyes of another. */
export interface LastBroker {
  readonly server: Server
  readonly nodeId: number
  /** Asked of the first broker. */
  partitions(topic: string): Promise<readonly PartitionState[]>
}

/** @throws unless the scenario has three brokers. */
export function lastBroker({ stack: { brokers } }: ScenarioWorld): LastBroker {
  const [first, , server] = brokers
  if (first === undefined || server === undefined) throw new Error('there are not three brokers')
  const port = Number(first.url.split(':')[1])
  return {
    server,
    nodeId: brokers.length,
    partitions: async (topic) =>
      (await readKafkaMetadata(port, true)).partitions.filter((each) => each.topic === topic),
  }
}
