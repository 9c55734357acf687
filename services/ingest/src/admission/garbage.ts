import { getHeapStatistics } from 'node:v8'

/** What V8 holds of objects and of the buffers that are theirs, and how to have those collected that nobody uses. */
export interface Heap {
  readonly usedBytes: () => number
  readonly collect: () => void
}

/**
 * What leaves much garbage that V8 is slow to collect: long bodies, and events off the fast path, counted since the process
 * began. It tells `watchGarbage` when to look closer.
 */
export interface UnusualLoad {
  /** Bytes of long bodies that have asked for their slot. */
  longBytes: number
  /** Events that were judged on the reference path. */
  events: number
}

export function createUnusualLoad(): UnusualLoad {
  return { longBytes: 0, events: 0 }
}

const LOOK_EVERY_MS = 100
/** Under unusual load. A collection takes 30 to 80 ms: some ten bodies of thousands of unusual events leave as much behind. */
const MAX_GARBAGE_BYTES = 40 * 1_024 ** 2
/** The load is unusual when so much of either came in the last `WINDOW_MS` or the time before: two such bodies. */
const UNUSUAL: UnusualLoad = { longBytes: 2 * 1_024 ** 2, events: 4_000 }
/** One body may leave garbage for several collections. */
const WINDOW_MS = 5_000
/** Under usual load V8 does it better by itself: collecting sooner took a third of the time of single events. */
const MAX_USUAL_GARBAGE_BYTES = 128 * 1_024 ** 2
/** It takes longer where more is in use: then as much more may be garbage as half of that. */
const MAX_GARBAGE_SHARE = 1 / 2
/** After a collection nothing is collected for so many times as long as it took: it has a sixth of the time at most. */
const REST = 5

/**
 * Has garbage collected before there is more of it than all bodies may hold. V8 itself waits until the old objects are
 * four times as many as the last collection left, some 120 MiB more: lists of thousands of events that are judged in
 * slices live for long enough to be old.
 */
export function watchGarbage(options: {
  readonly load: Readonly<UnusualLoad>
  /** Told of every collection. */
  readonly onCollected: () => void
}): Disposable {
  const heap = v8Heap()
  if (heap === null) return { [Symbol.dispose]: () => {} }
  const collect = (): void => {
    heap.collect()
    options.onCollected()
  }
  const look = createGarbageLook({ usedBytes: heap.usedBytes, collect }, options.load)
  look()
  const timer = setInterval(look, LOOK_EVERY_MS).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/**
 * @param load as it grows.
 * @param clock milliseconds, never jumping.
 * @returns what is called often: it collects when so much has come since the least that was in use.
 */
export function createGarbageLook(
  heap: Heap,
  load: Readonly<UnusualLoad>,
  clock: () => number = () => performance.now(),
): () => void {
  let leastBytes = Infinity
  const isUnusual = watchLoad(load)
  let restsUntilMs = -Infinity
  return () => {
    const usedBytes = heap.usedBytes()
    leastBytes = Math.min(leastBytes, usedBytes)
    const startedMs = clock()
    const garbageBytes = isUnusual(startedMs) ? MAX_GARBAGE_BYTES : MAX_USUAL_GARBAGE_BYTES
    const most = Math.max(garbageBytes, leastBytes * MAX_GARBAGE_SHARE)
    if (usedBytes - leastBytes < most || startedMs < restsUntilMs) return
    heap.collect()
    leastBytes = heap.usedBytes() // what is left is in use
    const endedMs = clock()
    restsUntilMs = endedMs + REST * (endedMs - startedMs)
  }
}

/** @returns whether the load is unusual, at a time in milliseconds. */
function watchLoad(load: Readonly<UnusualLoad>): (nowMs: number) => boolean {
  let [before, latest, latestMs] = [{ ...load }, { ...load }, -Infinity]
  return (nowMs) => {
    if (nowMs - latestMs >= WINDOW_MS) [before, latest, latestMs] = [latest, { ...load }, nowMs]
    return (
      load.longBytes - before.longBytes >= UNUSUAL.longBytes ||
      load.events - before.events >= UNUSUAL.events
    )
  }
}

/**
 * Of this process; `null` without `--expose-gc` on its command line. To have the collector all the same, by a flag that is
 * set later and a context made for it, doubles what usual events cost.
 */
function v8Heap(): Heap | null {
  const { gc } = globalThis
  if (gc === undefined) return null
  return {
    usedBytes: () => {
      const { used_heap_size: objects, external_memory: buffers } = getHeapStatistics()
      return objects + buffers
    },
    collect: () => gc({ type: 'major' }),
  }
}
