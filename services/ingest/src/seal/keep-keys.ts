import { encodeSealKey } from '@custom-events/codec'
import { partitionOf } from '@custom-events/event'
import type { OutgoingRecord, Producer } from '@custom-events/kafka'
import type { SealKey } from './seal-key.ts'

/**
 * Produces those of the keys that are new, all in one go, and resolves when Kafka has said of each whether it has it;
 * `null`: it has all of them already.
 */
export type KeepKeys = (keys: ReadonlySet<SealKey>) => Promise<void> | null

export function createKeepKeys(options: {
  readonly producer: Pick<Producer, 'produce'>
  readonly topic: string
  readonly partitionCount: number
  readonly onProduced?: (outcome: 'kept' | 'lost') => void
}): KeepKeys {
  const { producer, topic, partitionCount, onProduced = () => {} } = options

  const toRecord = ({ record }: SealKey): OutgoingRecord => ({
    topic,
    partition: partitionOf(record.group_id, partitionCount),
    key: Buffer.from(record.group_id, 'utf8'),
    value: encodeSealKey(record),
  })

  const produce = async (keys: readonly SealKey[]): Promise<void> => {
    const outcomes = await producer.produce(keys.map(toRecord)).catch(() => [])
    for (const [index, key] of keys.entries()) {
      key.isKept = outcomes[index]?.status === 'acknowledged'
      key.isLost = !key.isKept
      onProduced(key.isKept ? 'kept' : 'lost')
    }
  }

  return (keys) => {
    const waiting = [...keys].filter(({ isKept }) => !isKept)
    const fresh = waiting.filter(({ keeping }) => keeping === null)
    if (waiting.length === 0) return null
    const producing = fresh.length === 0 ? Promise.resolve() : produce(fresh)
    for (const key of fresh) key.keeping = producing
    const pending = waiting.map(({ keeping }) => keeping ?? producing)
    return Promise.all(pending).then(() => {})
  }
}
