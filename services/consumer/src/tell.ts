import type { RegisteredLog } from '@custom-events/clickhouse'
import type { OutgoingRecord } from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import { HEADERS } from './dead-letter/dead-letter.ts'
import type { ConsumerMetrics } from './metrics.ts'
import type { Table } from './read/route.ts'
import type { SchemaMove } from './read/writer-schemas.ts'

/** What a person should hear of though nothing stops for it. */
export interface Tell {
  readonly shortened: (kind: 'shortened' | 'stub', letter: OutgoingRecord) => void
  readonly allowed: (table: Table) => (setAside: number, left: number) => void
  readonly otherGeneration: (learnt: RegisteredLog, generation: number | null) => void
  readonly otherShard: (problem: string) => void
  readonly schemaMoved: (topic: string) => (schemaId: number, what: SchemaMove) => void
}

const MOVED: Readonly<Record<SchemaMove, string>> = {
  kept: 'it is no schema of ours: records with it are read as before, by a process that is not started anew',
  replaced: 'records with it are read by the new one',
  ambiguous: 'both could be ours: records with it wait',
}

export function createTell(log: Logger, metrics: ConsumerMetrics): Tell {
  return {
    shortened: (kind, letter) => {
      metrics.shortened.inc({ kind })
      const place = [HEADERS.topic, HEADERS.partition, HEADERS.offset].map((name) =>
        String(letter.headers?.[name]),
      )
      log.warn(
        { record: place.join('/'), kind, shortened: letter.headers?.[HEADERS.shortened] },
        'a record was set aside without all of its bytes: ' +
          'it is longer than the dead-letter topic takes, or than is read',
      )
    },
    allowed: (table) => (setAside, left) => {
      metrics.allowedPoison.inc({ table }, setAside)
      log.warn(
        { table, setAside, left },
        'more bad records than bad data explains were set aside because of POISON_SET_ASIDE_UP_TO: unset it ' +
          'when they are through',
      )
    },
    otherGeneration: ({ topic, generation: learnt }, generation) => {
      log.warn(
        { topic, learnt, generation },
        'kafka_logs has another generation for this log than at the assignment, as a database has that was ' +
          'set up anew, restored or exchanged: nothing more is inserted under the old one, all are learnt anew',
      )
    },
    otherShard: (problem) => {
      log.error(
        {},
        `ClickHouse is another shard than at the assignment, nothing more is inserted: ${problem}`,
      )
    },
    schemaMoved: (topic) => (schemaId, what) => {
      log.warn(
        { topic, schemaId, what },
        `the schema registry gives an id to another schema than before, as one that was restored does: ${MOVED[what]}`,
      )
    },
  }
}
