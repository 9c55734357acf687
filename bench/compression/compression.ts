import type { Figures } from '../figures.ts'
import type { BenchOptions } from '../options.ts'
import { compressionOfRecords } from './records.ts'
import { compressionThroughIngest } from './through-ingest.ts'

/** What compressing batches saves and costs: by itself, and in ingest. The consumer's part is in `consumer`. */
export async function benchCompression(options: BenchOptions): Promise<Figures> {
  const records = compressionOfRecords(options)
  const { table, ratios, warnings } = await compressionThroughIngest(options)
  return {
    tables: [records, table],
    plots: [],
    ratios,
    notes: [
      'By itself: one codec after another in one process that does nothing else. ' +
        'In ingest: bodies of 100 events, 500 accounts in 12 partitions; ingest had one core to itself, the load and Kafka shared the other. ' +
        'Bytes are those of requests to Kafka, heads included. At a fixed rate a latency counts from when its request was due.',
      ...warnings,
    ],
  }
}
