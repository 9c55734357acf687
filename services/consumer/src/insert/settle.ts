import { classify, ClickHouseFailure } from '@custom-events/clickhouse'
import { UNDECODABLE, type NativeBlock, type Undecodable } from '@custom-events/codec'
import { SchemaRegistryError, type FetchedRecord } from '@custom-events/kafka'
import type { InDoubt } from './in-doubt.ts'
import { insertRecords, type InsertTally } from './insert.ts'
import type { InsertPorts } from './insert-ports.ts'
import { badData, judgeUndecodable, wayOut, type OnUnknownSchema } from '../dead-letter/poison.ts'
import { haltFor, refusedQuestion, retryFor } from './retry.ts'
import type { Route } from '../read/route.ts'
import { schemaIdOf } from '../read/writer-schemas.ts'

/** A batch of which every record is accounted for: in the table, or on the dead-letter topic. */
export interface Settled extends InsertTally {
  readonly undecodable: Readonly<Record<Undecodable, number>>
  /** received_at of the oldest row, or `null` when there is none. */
  readonly oldestMs: number | null
}

export interface SettlePorts extends InsertPorts {
  readonly onUnknownSchema: OnUnknownSchema
}

/**
 * Accounts for every record of a batch: what does not decode is set aside, the rest is inserted.
 * Resolves only when that is done, so that the batch may be committed.
 *
 * @throws {Abandoned} when the partitions are taken away or the service stops before it is done.
 */
export async function settle(
  ports: SettlePorts,
  job: {
    readonly route: Route
    readonly records: readonly FetchedRecord[]
    /** These records as a block, when it was made ahead. */
    readonly encoded: NativeBlock | null
    readonly inDoubt: InDoubt
  },
): Promise<Settled> {
  const { route, records, inDoubt } = job
  route.poison.began(records.length)
  const hasMoved = await route.schemas.refresh()
  const isAhead = !hasMoved && job.encoded !== null && job.encoded.undecodable.length === 0
  const { poison, encoded } = isAhead
    ? { poison: [], encoded: job.encoded }
    : await decode(ports, route, records)
  if (poison.length > 0) {
    await ports.setAside(
      route.log,
      poison.map(({ record, reason }) => ({
        record,
        refusal: { stage: 'decode', code: reason, message: MESSAGES[reason] },
      })),
    )
    route.poison.setAside(badData(poison.map(({ reason }) => reason)))
  }
  const poisonous = new Set(poison.map(({ record }) => record))
  const good = poison.length === 0 ? records : records.filter((record) => !poisonous.has(record))
  const tally = await insertRecords(ports, { route, records: good, encoded, inDoubt })
  route.poison.settled()
  return {
    ...tally,
    undecodable: countByReason(poison),
    oldestMs: good.length === 0 ? null : encoded.time.minMs,
  }
}

interface Poison {
  readonly record: FetchedRecord
  readonly reason: Undecodable
}

/** The block of those that decode, and those that do not; found before ClickHouse is asked. */
async function decode(
  ports: SettlePorts,
  route: Route,
  records: readonly FetchedRecord[],
): Promise<{ readonly poison: readonly Poison[]; readonly encoded: NativeBlock }> {
  for (let attempt = 0; ; attempt++) {
    try {
      await route.schemas.prepare(records)
      let encoded = route.encode(records)
      let poison = poisonOf(encoded, records)
      if (await route.schemas.recheck(poison.map(({ record }) => record))) {
        encoded = route.encode(records)
        poison = poisonOf(encoded, records)
      }
      const halt = whyHalt(ports, route, { records: records.length, poison })
      if (halt === null) return { poison, encoded }
      await ports.retryLoop.wait(haltFor(halt.reason, attempt, halt.error))
    } catch (error) {
      if (error instanceof ClickHouseFailure) {
        await ports.retryLoop.wait(refusedQuestion(classify(error.failure), attempt, error))
        continue
      }
      if (!(error instanceof SchemaRegistryError)) throw error
      const isDenied = error.failure === 'denied'
      await ports.retryLoop.wait(
        isDenied
          ? haltFor('registry_rights', attempt, mayNotAsk(error))
          : retryFor('registry', attempt, error),
      )
    }
  }
}

function mayNotAsk(error: SchemaRegistryError): Error {
  return new Error(
    `${error.message}: the registry does not let us read schemas: give the user in SCHEMA_REGISTRY_URL the right ` +
      'to read them (Confluent: read on the subjects; Apicurio: the role sr-readonly), or correct its password',
    { cause: error },
  )
}

function poisonOf(encoded: NativeBlock, records: readonly FetchedRecord[]): readonly Poison[] {
  return encoded.undecodable.flatMap(({ index, reason }) => {
    const record = records[index]
    return record === undefined ? [] : [{ record, reason }]
  })
}

function whyHalt(
  ports: Pick<SettlePorts, 'onUnknownSchema'>,
  route: Route,
  batch: { readonly records: number; readonly poison: readonly Poison[] },
): { readonly reason: 'unknown_schema' | 'too_much_poison'; readonly error: Error } | null {
  const { records, poison } = batch
  const verdict = judgeUndecodable(
    poison.map(({ reason }) => reason),
    { onUnknownSchema: ports.onUnknownSchema, window: route.poison },
  )
  if (verdict === 'set_aside') return null
  if (verdict === 'unknown_schema') return { reason: verdict, error: unknownSchema(route, poison) }
  const [first] = poison
  const error = new Error(
    `${route.topic}: ${poison.length} of ${records} records do not decode, with those of the batches ` +
      `before too many to be bad data; the first is ${first?.record.partition}@` +
      `${first?.record.offset}: ${first?.reason}. ${wayOut(poison.length)}`,
  )
  return { reason: verdict, error }
}

function unknownSchema({ topic, schemas }: Route, poison: readonly Poison[]): Error {
  const unknown = poison.filter(({ reason }) => reason === 'unknown_schema')
  const ids = new Set(unknown.map(({ record }) => schemaIdOf(record)))
  const [first] = unknown
  const others = ids.size > 1 ? ` (and ${ids.size - 1} other ids)` : ''
  return new Error(
    `${topic}/${first?.record.partition}@${first?.record.offset}: ${schemas.whyUnknown([...ids][0] ?? 0)}` +
      `${others}, which ${unknown.length} records of this batch need: restore ` +
      'the schema under that id, or, if these records are not ours, set ' +
      'POISON_UNKNOWN_SCHEMA=dead_letter to set them aside',
  )
}

const MESSAGES: Readonly<Record<Undecodable, string>> = {
  tombstone: 'the record has no value',
  no_magic_byte: 'the value does not begin with byte 0 and a schema id',
  unknown_schema: 'the schema registry has no schema with the id in the value',
  unsupported_schema:
    'the schema with the id in the value is none that we read: another type or record, or it does not fit the table',
  malformed_datum: 'the value ends too early or is not what its schema says',
  trailing_bytes: 'bytes follow after the end of the datum',
}

function countByReason(poison: readonly Poison[]): Readonly<Record<Undecodable, number>> {
  const counts = Object.fromEntries(UNDECODABLE.map((reason) => [reason, 0])) as Record<
    Undecodable,
    number
  > // every reason is a key
  for (const { reason } of poison) counts[reason]++
  return counts
}
