import type { FetchedRecord } from '@custom-events/kafka'
import type { Refusal } from './dead-letter.ts'

/** A record that ClickHouse refuses, and why. */
export interface RefusedRecord {
  readonly record: FetchedRecord
  readonly refusal: Refusal
}
