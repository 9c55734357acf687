import { identityHash, type IdentityColumn, type RegisteredLog } from '@custom-events/clickhouse'
import {
  decodeSealKey,
  nativeBlockOf,
  type NativeBlock,
  type SealKeyRecord,
} from '@custom-events/codec'
import type { FetchedRecord } from '@custom-events/kafka'

/** Columns of `seal_keys`, in the order of the block. */
export const sealKeyColumns: readonly string[] = [
  'key_id',
  'group_id',
  'user_id',
  'anonymous_id',
  'key',
  'made_at',
  'kafka_partition',
  'version',
]

/** What makes a row this very key, beside its place. */
export const sealKeyIdentity: readonly IdentityColumn[] = [{ name: 'key_id', kind: 'text' }]

/** A row instead of a key that is none, or that was destroyed: it says nothing of anybody. */
function blankRow(keyId: string, { timestampMs }: FetchedRecord): SealKeyRecord {
  return {
    key_id: keyId,
    group_id: '',
    user_id: null,
    anonymous_id: null,
    key: Buffer.alloc(0),
    made_at: timestampMs,
  }
}

/** Of what is no key: an `''` that no sealed text names. */
const NO_KEY = ''

/**
 * The row of a record. A key that was destroyed comes back where Kafka is read again from its beginning: its row is
 * then blank.
 */
function rowOf(record: FetchedRecord, destroyed: ReadonlySet<string>): SealKeyRecord {
  const decoded = decodeSealKey(record.value)
  if (typeof decoded === 'string') return blankRow(NO_KEY, record)
  return destroyed.has(decoded.key_id) ? blankRow(decoded.key_id, record) : decoded
}

export function identityOfSealKey(record: FetchedRecord): string {
  const decoded = decodeSealKey(record.value)
  return identityHash([Buffer.from(typeof decoded === 'string' ? NO_KEY : decoded.key_id)])
}

/** @param destroyed ids of keys that must not come back. */
export function encodeSealKeys(
  log: RegisteredLog,
  records: readonly FetchedRecord[],
  destroyed: ReadonlySet<string>,
): NativeBlock {
  const undecodable = records.flatMap(({ value }, index) =>
    decodeSealKey(value) === 'newer' ? [{ index, reason: 'unsupported_schema' as const }] : [],
  )
  const newer = new Set(undecodable.map(({ index }) => index))
  const good = records.filter((_, index) => !newer.has(index))
  const rows = good.map((record) => rowOf(record, destroyed))
  const generation = BigInt(log.generation) << 48n
  const block = nativeBlockOf([
    { name: 'key_id', type: 'String', values: rows.map(({ key_id }) => key_id) },
    { name: 'group_id', type: 'String', values: rows.map(({ group_id }) => group_id) },
    { name: 'user_id', type: 'Nullable(String)', values: rows.map((row) => bytesOf(row.user_id)) },
    {
      name: 'anonymous_id',
      type: 'Nullable(String)',
      values: rows.map((row) => bytesOf(row.anonymous_id)),
    },
    { name: 'key', type: 'String', values: rows.map(({ key }) => key) },
    {
      name: 'made_at',
      type: "DateTime64(3, 'UTC')",
      values: rows.map(({ made_at }) => made_at),
    },
    { name: 'kafka_partition', type: 'UInt32', values: good.map(({ partition }) => partition) },
    {
      name: 'version',
      type: 'UInt64',
      values: good.map(({ offset }) => generation | BigInt(offset)),
    },
  ])
  const times = rows.map(({ made_at }) => made_at)
  return {
    block,
    rows: rows.length,
    undecodable,
    time: {
      minMs: times.reduce((least, time) => Math.min(least, time), Infinity),
      maxMs: times.reduce((most, time) => Math.max(most, time), -Infinity),
    },
  }
}

function bytesOf(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text)
}
