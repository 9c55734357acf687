/** A large batch in the middle of being inflated. */
export interface Keepable {
  /** What it takes while nobody reads it. */
  readonly memoryBytes: number
  close(): Promise<void>
}

/** Batches that were not read to their end, so that the next fetch need not begin them anew. */
export interface OpenBatches<Batch extends Keepable> {
  /** It keeps its place until it is put back or done. */
  take(key: string): Batch | null
  /** Keeps it, or closes it when there is no place: the next fetch begins it anew. */
  put(key: string, batch: Batch): void
  /** What was taken is read to its end, or was closed. */
  done(key: string): void
}

/** Each holds a decoder and its compressed bytes. */
const MAX_OPEN = 4
/** One of the widest window that zstd has at its highest level fits, or several others. */
const MAX_MEMORY_BYTES = 134_217_728
/** Its partition went to another member, or is not read for another reason. */
const LEFT_AFTER_MS = 60_000

/**
 * Who comes first is kept until its end. Were it closed for who comes last, five that are read in turn would begin
 * anew each time, and none would ever come to its end.
 */
export function createOpenBatches<Batch extends Keepable>(
  now: () => number = () => performance.now(),
): OpenBatches<Batch> {
  interface Place {
    readonly memoryBytes: number
    readonly at: number
    readonly batch: Batch | null
  }
  const places = new Map<string, Place>()

  const leave = (key: string): void => {
    void places.get(key)?.batch?.close()
    places.delete(key)
  }
  const isRoomFor = ({ memoryBytes }: Batch): boolean => {
    const taken = [...places.values()].reduce((sum, place) => sum + place.memoryBytes, 0)
    if (places.size === 0) return true
    return places.size < MAX_OPEN && taken + memoryBytes <= MAX_MEMORY_BYTES
  }

  return {
    take: (key) => {
      const place = places.get(key)
      if (place === undefined) return null
      places.set(key, { ...place, at: now(), batch: null })
      return place.batch
    },
    put: (key, batch) => {
      leave(key)
      for (const [other, { at }] of places) if (now() - at > LEFT_AFTER_MS) leave(other)
      if (isRoomFor(batch)) places.set(key, { memoryBytes: batch.memoryBytes, at: now(), batch })
      else void batch.close()
    },
    done: leave,
  }
}
