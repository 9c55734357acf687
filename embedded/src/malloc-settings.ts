/**
 * For the environment of ingest, with glibc: what brotli and zlib take in large pieces goes back to the system when
 * they are done, and all threads share two heaps. Under `test/hostile/siege.test.ts` it then grows by less
 * than half.
 */
export const MALLOC_SETTINGS = {
  MALLOC_MMAP_THRESHOLD_: '1048576',
  MALLOC_ARENA_MAX: '2',
} as const
