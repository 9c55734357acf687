/**
 * For the environment of ingest, with glibc: what brotli and zlib take in large pieces goes back to the system when
 * they are done, and all threads share two heaps. Under `test/hostile/siege.test.ts` it then grows by less
 * than half.
 */
export const MALLOC_SETTINGS = {
  MALLOC_MMAP_THRESHOLD_: '1048576',
  MALLOC_ARENA_MAX: '2',
} as const

/**
 * Before the file of ingest on its command line: V8 has two halves of 16 MiB for young objects from the start: by
 * itself it begins with less, which costs more, and ends with two of 64 where the machine has many gigabytes. And
 * ingest may have garbage collected (services/ingest/src/admission/garbage.ts).
 * What that brings: docs/decisions/0039-collect-sooner.md.
 */
export const V8_FLAGS = [
  '--min-semi-space-size=16',
  '--max-semi-space-size=16',
  '--expose-gc',
] as const
