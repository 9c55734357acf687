import {
  isErasedOwner,
  isErasedRecord,
  isErasedText,
  type ErasedIds,
  type EventTimes,
} from '@custom-events/event'
import { decodeSealKey } from '@custom-events/codec'
import type { FetchedRecord } from '@custom-events/kafka'

/** Fields of a record as text, in the order of their names. */
export type FieldsOf = (record: FetchedRecord, names: readonly string[]) => readonly Buffer[]

/** Whether a record belongs to somebody who is erased. */
export type IsErased = (record: FetchedRecord, ids: ErasedIds) => boolean

const NOTHING = Buffer.alloc(0)
const OF_EVENT = ['user_id', 'group_id', 'anonymous_id', 'timestamp', 'received_at']

export function isErasedEvent(fields: FieldsOf): IsErased {
  return (record, ids) => {
    const [user = NOTHING, group = NOTHING, anonymous = NOTHING, timestamp, receivedAt] = fields(
      record,
      OF_EVENT,
    )
    const times = { timestamp: Number(timestamp), receivedAt: Number(receivedAt) }
    const groups = [group]
    return (
      ids.has('user', user, times, groups) ||
      ids.has('group', group, times) ||
      ids.has('anonymous', anonymous, times, groups)
    )
  }
}

const OF_REJECTED = ['user_id', 'group_id', 'received_at', 'code', 'raw', 'beside']

/** What was refused may be anything: whatever in it is called like an id counts, also where no JSON can be read. */
export function isErasedReject(fields: FieldsOf): IsErased {
  return (record, ids) => {
    const [user = NOTHING, group = NOTHING, receivedAt, code, raw = NOTHING, beside = NOTHING] =
      fields(record, OF_REJECTED)
    const ms = Number(receivedAt)
    return isErasedRejectedEvent(ids, {
      user,
      group,
      code: String(code),
      texts: [String(raw), String(beside)],
      receivedAt: ms,
    })
  }
}

/** @param rejected.receivedAt stands for its timestamp, too, which may be what was wrong with it. */
export function isErasedRejectedEvent(
  ids: ErasedIds,
  rejected: {
    readonly user: Buffer
    readonly group: Buffer
    readonly code: string
    readonly texts: readonly string[]
    readonly receivedAt: number
  },
): boolean {
  const { user, group, code, texts, receivedAt } = rejected
  const times: EventTimes = { timestamp: receivedAt, receivedAt }
  const groups = [group]
  if (ids.has('user', user, times, groups) || ids.has('group', group, times)) return true
  return texts
    .flatMap((text) => (code === 'invalid_utf8' ? [text, fromBase64(text)] : [text]))
    .some((text) => isErasedText(ids, text, times, groups))
}

/** What is no UTF-8 is kept as base64. */
function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8')
}

/** @param setAsideAtMs of a dead letter, which stands for both times: nothing in it may be readable. */
export function isErasedLetter(setAsideAtMs: (record: FetchedRecord) => number): IsErased {
  return (record, ids) => {
    const ms = setAsideAtMs(record)
    return isErasedRecord(ids, record, { timestamp: ms, receivedAt: ms })
  }
}

/** Keys of sealed properties: none of somebody who is erased is inserted. What is no key is nobody's. */
export const isErasedKey: IsErased = (record, ids) => {
  const key = decodeSealKey(record.value)
  return typeof key !== 'string' && isErasedOwner(ids, key)
}
