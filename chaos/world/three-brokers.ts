import { readKafkaMetadata, type PartitionState, type Server } from '@custom-events/embedded'
import type { ScenarioWorld } from './scenario-world.ts'

/** One of three brokers that a scenario takes away, and what it is in the eyes of the first. */
export interface Victim {
  readonly server: Server
  readonly nodeId: number
  /** Asked of the first broker. */
  partitions(topic: string): Promise<readonly PartitionState[]>
}

/** Those that can be taken away: the first is asked about them. @throws unless there are three. */
export function victims({ stack: { brokers } }: ScenarioWorld): readonly [Victim, Victim] {
  const [first, second, third] = brokers
  if (first === undefined || second === undefined || third === undefined) {
    throw new Error('there are not three brokers')
  }
  const port = Number(first.url.split(':')[1])
  const partitions = async (topic: string): Promise<readonly PartitionState[]> =>
    (await readKafkaMetadata(port, true)).partitions.filter((each) => each.topic === topic)
  return [
    { server: second, nodeId: 2, partitions },
    { server: third, nodeId: 3, partitions },
  ]
}
