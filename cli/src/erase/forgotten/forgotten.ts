import { randomUUID } from 'node:crypto'
import type { ErasedSpan, ErasureRecord } from '@custom-events/event'
import { NOTHING_DONE, type SpreadErasure } from '../shards/spread.ts'

/** What Kafka tells of and no table. */
export interface Forgotten {
  /** To be done again. */
  readonly erasures: readonly SpreadErasure[]
  /** To be written down afterwards: should Kafka's topic be lost, too, the tables say what was lifted. */
  readonly lifts: readonly SpreadErasure[]
}

/**
 * Erasures that Kafka tells of and no ClickHouse: a backup from before them was restored, and the rows came back with it. No
 * table says any more that anything is left to do, and nobody has the ids: but their hashes are enough.
 */
export function forgottenOf(
  records: readonly ErasureRecord[],
  erasures: readonly Pick<SpreadErasure, 'erasureId'>[],
): Forgotten {
  const known = new Set(erasures.map(({ erasureId }) => erasureId))
  const forgotten = records.filter(({ erasureId }) => !known.has(erasureId)).map(partsOf)
  return {
    erasures: forgotten.flatMap((each) => each.erasures),
    lifts: forgotten.flatMap((each) => each.lifts),
  }
}

/** One for each span. What is written last has the id by which all are known: whoever is killed before begins anew. */
function partsOf(record: ErasureRecord): Forgotten {
  const { erasureId, askedAt } = record
  const lifted = record.spans.flatMap(({ timestampBefore, receivedBefore: at }) =>
    at === null ? [] : [{ timestampBefore, at }],
  )
  const inForce = record.spans.filter(({ receivedBefore }) => receivedBefore === null)
  const idOf = (isLast: boolean): string => (isLast ? erasureId : randomUUID())
  return {
    erasures: [
      // Asked for before they were lifted, when that was is not known.
      ...lifted.map(({ at, ...span }) => asked(record, span, { id: randomUUID(), at: at - 1 })),
      ...inForce.map((span, index) => {
        const isLast = lifted.length === 0 && index === inForce.length - 1
        return asked(record, span, { id: idOf(isLast), at: askedAt })
      }),
    ],
    lifts: lifted.map(({ at }, index) => ({
      ...asked(record, { timestampBefore: null }, { id: idOf(index === lifted.length - 1), at }),
      state: 'lifted',
      announcedAt: at,
      finishedAt: at,
    })),
  }
}

function asked(
  { kind, sha256, murmur2, askedBy }: ErasureRecord,
  { timestampBefore }: Pick<ErasedSpan, 'timestampBefore'>,
  { id, at }: { readonly id: string; readonly at: number },
): SpreadErasure {
  return {
    ...NOTHING_DONE,
    erasureId: id,
    id: { kind, sha256, murmur2 },
    userHash: '0', // only whoever was told the id knows it
    timestampBefore,
    askedAt: at,
    askedBy,
    rows: [null],
  }
}
