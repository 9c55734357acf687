import type { Compression } from '../record-batch/compression/compressor.ts'

/** What setup is asked for. */
export interface TopicSettings {
  readonly replicationFactor: number
  readonly minInsyncReplicas: number
  /** How long Kafka keeps records, the time in which a lost ClickHouse can be refilled. */
  readonly retentionMs: number
  /** What ingest compresses with. @default 'none' */
  readonly compression?: Compression
}

/** A topic as it is. */
export interface FoundTopic {
  readonly topic: string
  readonly partitions: number
  /** The least of its partitions. */
  readonly replicationFactor: number
  /** What applies, also by the broker's defaults; `null` when we may not know. */
  readonly settings: ReadonlyMap<string, string> | null
}

export interface WantedTopic {
  readonly partitions: number
  /** Numbers that the places of accounts are pinned to; `null` where order does not matter. */
  readonly pins: readonly number[] | null
  /** `null` in services, which are not told; then only what no configuration may ask for is found. */
  readonly asked: TopicSettings | null
  /** What this service compresses with; setup has it in `asked`. @default not known */
  readonly compression?: Compression
  /** Whether only the last record of each key counts, for ever. @default false */
  readonly isCompacted?: boolean
  /** What it is made with beside what every topic is. @default nothing */
  readonly own?: readonly { readonly name: string; readonly value: string }[]
}

export interface TopicFinding {
  readonly topic: string
  /** `refused`: events would be lost or go astray. `mend`: setup changes it. `told`: works, but is not what one expects. */
  readonly severity: 'refused' | 'mend' | 'told'
  /** What setup sets, for `mend`. */
  readonly change: { readonly name: string; readonly value: string } | null
  /** Whether the pipeline may go on where it could not be mended. */
  readonly isVital: boolean
  /** What is found, why it matters, what to do. */
  readonly text: string
}

export function numberOf(settings: FoundTopic['settings'], name: string): number | null {
  const text = settings?.get(name)
  return text === undefined ? null : Number(text)
}

export function refused(topic: string, text: string): TopicFinding {
  return { topic, severity: 'refused', change: null, isVital: true, text }
}

export function told(topic: string, text: string): TopicFinding {
  return { topic, severity: 'told', change: null, isVital: false, text: `topic ${topic} ${text}` }
}

export function mend(
  topic: string,
  change: { readonly name: string; readonly value: string },
  found: string | number,
  { why, isVital }: { readonly why: string; readonly isVital: boolean },
): TopicFinding {
  const text = `topic ${topic}: ${change.name} was ${found}, with which ${why}`
  return { topic, severity: 'mend', change, isVital, text }
}
