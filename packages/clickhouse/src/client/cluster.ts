import type { ClickHouse } from './clickhouse.ts'
import { quoteText } from './quote.ts'

export interface Servers {
  readonly clickhouse: ClickHouse
  /** Its servers are asked, all of them; empty: the one of `clickhouse`. */
  readonly cluster: string
}

/** A table of `system` of every server that may hold parts. */
export function everywhere(table: string, cluster: string): string {
  return cluster === '' ? table : `clusterAllReplicas(${quoteText(cluster)}, ${table})`
}

/** @param cluster its name, empty: none */
export function onCluster(cluster: string): string {
  return cluster === '' ? '' : `ON CLUSTER \`${cluster.replaceAll('`', '')}\``
}
