import type { ClickHouseSettings } from '@clickhouse/client'

/** Less than any request may take: ClickHouse says that it does not know (319), instead of us giving up on it. */
const QUORUM_TIMEOUT_MS = 20_000

/**
 * What an insert waits for on replicas, and what a read-back may then see.
 *
 * In parallel two blocks may have different replicas, and a block that has not reached its quorum can be seen on the one that has
 * it (ClickHouse's own words: `select_sequential_consistency` does not work then). A read-back would take it for safe, and it
 * would be lost with that replica. So one block after the other: of two inserts into one table at once ClickHouse refuses
 * one at once (286), which is tried again. A replica that lacks a block with a quorum refuses the read-back (289).
 *
 * @param quorum a number of replicas, `auto` for more than half of them; 0: none
 */
export function quorumSettings(quorum = '0'): {
  readonly ofInserts: ClickHouseSettings
  readonly ofReadBack: ClickHouseSettings
} {
  if (quorum === '0') return { ofInserts: {}, ofReadBack: {} }
  return {
    ofInserts: {
      insert_quorum: quorum,
      insert_quorum_parallel: 0,
      insert_quorum_timeout: QUORUM_TIMEOUT_MS,
    },
    ofReadBack: { select_sequential_consistency: '1' },
  }
}
