/** A consumer inserts only while it has read the topic of erasures to its end within so long. */
export const ERASURES_MAX_AGE_MS = 30_000

/**
 * The longest that an insert can still take once it has begun: ClickHouse waits 30 s for its body, and gives it up
 * 25 s later. What a consumer inserted without knowing of an erasure is in the table after both, whatever became of
 * that consumer.
 */
export const LONGEST_INSERT_MS = 60_000
