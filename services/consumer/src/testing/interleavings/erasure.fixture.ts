import {
  createErasedIds,
  ERASURES_MAX_AGE_MS,
  erasedIdOf,
  erasedKey,
  LONGEST_INSERT_MS,
} from '@custom-events/event'
import type { FakeClock } from '@custom-events/kafka/testing'
import type { KnownErased } from '../../erased/known-erased.ts'
import { valuesOf, type MemoryTables } from '../fake-clickhouse.fixture.ts'
import type { Situation } from './situations.fixture.ts'

/** Whose records are of the kind `erased`. */
export const GONE = 'gone'

/** Somebody is erased in the middle of a run, as `custom-events erase` does it. */
export interface ErasureOfRun {
  readonly isAnnounced: boolean
  /** Kafka has it. Once no insert can be under way that does not know, the rows are deleted, and must stay away. */
  announce(): void
  /** What a process knows that reads the topic now, and then not again: the worst that can be. */
  known(): KnownErased
}

export function createErasureOfRun(options: {
  readonly clock: FakeClock
  readonly tables: MemoryTables
  readonly note: (situation: Situation) => void
}): ErasureOfRun {
  const { clock, tables, note } = options
  const ids = createErasedIds()
  let isAnnounced = false

  const sweep = (): void => {
    const rows = tables.get('events') ?? []
    const left = rows.filter((row) => valuesOf(row)['user_id'] !== GONE)
    if (left.length < rows.length) note('rows of somebody who was erased were deleted')
    tables.set('events', left)
  }

  return {
    get isAnnounced() {
      return isAnnounced
    },
    announce: () => {
      if (isAnnounced) return
      isAnnounced = true
      const id = erasedIdOf('user', GONE)
      const spans = [{ timestampBefore: null, receivedBefore: null }]
      ids.set(erasedKey(id), { ...id, spans, erasureId: 'e', askedBy: '', askedAt: 0 })
      clock.later(ERASURES_MAX_AGE_MS + LONGEST_INSERT_MS + 1, sweep)
    },
    known: () => {
      const readAtMs = clock.nowMs
      const isKnown = isAnnounced
      const mayBegin = (): boolean => {
        const isYoung = clock.nowMs - readAtMs <= ERASURES_MAX_AGE_MS
        if (!isYoung) note('an insert was not begun: who is erased was read too long ago')
        return isYoung
      }
      return { ids: isKnown ? ids : createErasedIds(), version: isKnown ? 1 : 0, mayBegin }
    },
  }
}
