import type { Edit } from '../../tools/patched-copy.ts'

/** A second way that the product has of doing something, because it costs less than the first. */
export interface Fork {
  readonly name: string
  /** The lines that would go with it. */
  readonly lines: readonly Lines[]
  /** Takes it away, so that the plain way does all of its work, with the same answers and records. */
  readonly without: readonly Edit[]
  /** Those that it could make cheaper. */
  readonly loads: readonly LoadName[]
  /** What it is measured up to. @default the producer, which takes everything */
  readonly reach?: 'Kafka'
  /** What it is kept for beside the figures, or in spite of them. */
  readonly why: string
}

export type LoadName = 'single events' | 'batches of 100' | 'gzip batches of 100'

/** A whole file, or its lines from the one that holds a text to the one before that which holds another. */
export interface Lines {
  readonly file: string
  readonly from?: string
  readonly until?: string
}
