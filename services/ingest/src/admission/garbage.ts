import { getHeapStatistics } from 'node:v8'

/** What V8 holds of objects and of the buffers that are theirs, and how to have those collected that nobody uses. */
export interface Heap {
  readonly usedBytes: () => number
  readonly collect: () => void
}

const LOOK_EVERY_MS = 100
/** A collection takes 30 to 50 ms: some ten bodies of thousands of unusual events leave as much behind. */
const MAX_GARBAGE_BYTES = 40 * 1_024 ** 2
/** It takes longer where more is in use: then as much more may be garbage as half of that. */
const MAX_GARBAGE_SHARE = 1 / 2
/** After a collection nothing is collected for so many times as long as it took: it has a sixth of the time at most. */
const REST = 5

/**
 * Has garbage collected before there is more of it than all bodies may hold. V8 itself waits until the old objects are
 * four times as many as the last collection left, some 120 MiB more: lists of thousands of events that are judged in
 * slices live for long enough to be old.
 *
 * @param onCollected told of every collection.
 */
export function watchGarbage(onCollected: () => void): Disposable {
  const heap = v8Heap()
  if (heap === null) return { [Symbol.dispose]: () => {} }
  const collect = (): void => {
    heap.collect()
    onCollected()
  }
  const look = createGarbageLook({ usedBytes: heap.usedBytes, collect })
  look()
  const timer = setInterval(look, LOOK_EVERY_MS).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/**
 * @param clock milliseconds, never jumping.
 * @returns what is called often: it collects when so much has come since the least that was in use.
 */
export function createGarbageLook(
  heap: Heap,
  clock: () => number = () => performance.now(),
): () => void {
  let leastBytes = Infinity
  let restsUntilMs = -Infinity
  return () => {
    const usedBytes = heap.usedBytes()
    leastBytes = Math.min(leastBytes, usedBytes)
    const most = Math.max(MAX_GARBAGE_BYTES, leastBytes * MAX_GARBAGE_SHARE)
    const startedMs = clock()
    if (usedBytes - leastBytes < most || startedMs < restsUntilMs) return
    heap.collect()
    leastBytes = heap.usedBytes() // what is left is in use
    const endedMs = clock()
    restsUntilMs = endedMs + REST * (endedMs - startedMs)
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
