import { setTimeout as delay } from 'node:timers/promises'
import type { OutgoingRecord, ProduceOutcome, Producer } from '@custom-events/kafka'
import type { KeepKeys } from './keep-keys.ts'
import type { SealKey } from './seal-key.ts'

/** A record, and the keys that Kafka must have before it. */
export interface SealedRecord extends OutgoingRecord {
  readonly sealKeys: readonly SealKey[]
}

const KEY_NOT_KEPT: ProduceOutcome = { status: 'unacknowledged', reason: 'kafka_unavailable' }

/**
 * Produces records, those that are sealed only after Kafka has acknowledged their keys: an event whose key might be
 * lost is never accepted. All records wait together, so that none of an account overtakes another. Those whose keys
 * are not acknowledged in time are as if Kafka were away; the others are produced.
 */
export function produceSealed(
  producer: Pick<Producer, 'produce'>,
  { keepKeys, keysWithinMs }: { readonly keepKeys: KeepKeys; readonly keysWithinMs: number },
): Pick<Producer, 'produce'> {
  return {
    produce: (records) => {
      const keys = keysOf(records)
      const keeping = keys === null ? null : keepKeys(keys)
      if (keeping === null) return producer.produce(records)
      return orOverdue(keeping, keysWithinMs).then(() => produceRest(producer, records))
    },
  }
}

/** `null`: nothing is sealed. */
function keysOf(records: readonly OutgoingRecord[]): ReadonlySet<SealKey> | null {
  let keys: Set<SealKey> | null = null
  for (const record of records) {
    if (!isSealed(record)) continue
    keys ??= new Set()
    for (const key of record.sealKeys) keys.add(key)
  }
  return keys
}

export function isSealed(record: OutgoingRecord): record is SealedRecord {
  return 'sealKeys' in record
}

async function orOverdue(keeping: Promise<void>, ms: number): Promise<void> {
  const kept = new AbortController()
  const overdue = delay(ms, undefined, { signal: kept.signal, ref: false }).catch(() => {})
  await Promise.race([keeping, overdue])
  kept.abort()
}

async function produceRest(
  producer: Pick<Producer, 'produce'>,
  records: readonly OutgoingRecord[],
): Promise<readonly ProduceOutcome[]> {
  // Looked at once: a key may be acknowledged while the others are produced.
  const held = new Set(
    records.filter((each) => isSealed(each) && each.sealKeys.some(({ isKept }) => !isKept)),
  )
  const free = records.filter((record) => !held.has(record))
  const outcomes = free.length === 0 ? [] : await producer.produce(free)
  let next = 0
  return records.map((record) =>
    held.has(record) ? KEY_NOT_KEPT : (outcomes[next++] ?? KEY_NOT_KEPT),
  )
}
