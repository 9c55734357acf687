/**
 * What no benchmark here has measured, and what a site may have otherwise: change it and run `npm run generate`. Money is in no
 * currency: the prices are there to show the sum, not to be believed.
 */
export const INPUTS = {
  /** An event as JSON (docs/performance.md). */
  jsonBytes: 357,
  /** Its record in Kafka's log, not compressed (docs/performance.md). */
  recordBytes: 290,
  /** The same in batches of 16 KiB and more, compressed with zstd: the most it may take. */
  compressedRecordBytes: 80,
  /** Its row on ClickHouse's disk, merged (ADR 0044). */
  rowBytes: 74.2,
  /** The day's mean, of its peak. */
  meanOfPeak: 0.6,
  /** Replicas of each record, and of each row. */
  kafkaReplicas: 3,
  clickhouseReplicas: 2,
  /** Of Kafka's records, by rate: the disk for a week of ten million a second is nobody's. */
  retentionHours: { 10_000: 168, 100_000: 168, 1_000_000: 72, 10_000_000: 24 },
  /** Of rows in ClickHouse. */
  rowDays: 90,
  /** Each broker and each replica of ClickHouse, which has a disk of its own. */
  machine: { cores: 16, diskTerabytes: 8, networkMegabytesPerSecond: 1_250 },
  /** Of each replica of ClickHouse: the largest volume that clouds give. */
  clickhouseDiskTerabytes: 64,
  /** Of a disk; the rest is for merges, and for the day when one is lost. */
  diskUse: 0.7,
  /** Of ClickHouse's cores; the others are for those who ask. */
  insertShare: 0.25,
  perMonth: { core: 30, terabyte: 80, terabyteBetweenZones: 20 },
} as const

export type Rate = keyof typeof INPUTS.retentionHours

export const RATES = Object.keys(INPUTS.retentionHours).map(Number) as readonly Rate[] // the keys of a literal
