import type { Transcoder } from '@custom-events/codec'
import { SchemaRegistryError, type FetchedRecord, type SchemaRegistry } from '@custom-events/kafka'

/** What the ids in records mean, as far as the registry has said. */
export interface WriterSchemas {
  /** Learns the schemas of these records that are not known. @throws {SchemaRegistryError} */
  prepare(records: readonly FetchedRecord[]): Promise<void>
  /** Looks again at those known, when it is time. @returns whether anything is known better now. */
  refresh(): Promise<boolean>
  /**
   * These did not decode: asks whether their schemas are still what they were.
   * @returns whether anything is known better now, so that decoding is worth another try.
   */
  recheck(records: readonly FetchedRecord[]): Promise<boolean>
  /** Why records with this id cannot be decoded, as a clause. */
  whyUnknown(schemaId: number): string
}

/** What was done about an id that the registry gives to another schema than before. */
export type SchemaMove = 'kept' | 'replaced' | 'ambiguous'

/** Of records in which nothing has to be understood. */
export const NO_SCHEMAS: WriterSchemas = {
  prepare: async () => {},
  refresh: async () => false,
  recheck: async () => false,
  whyUnknown: () => 'it has no schema',
}

/** An id keeps its schema for the life of a registry; one that was restored may give it to another. */
const LOOK_AGAIN_MS = 60_000
/** Bad records come in every batch at times. */
const RECHECK_AFTER_MS = 1_000

interface Known {
  schema: string
  askedAtMs: number
  /** Of two schemas that both look like ours we cannot know which a record was written with. */
  isAmbiguous: boolean
}

/**
 * Keeps what the registry said about ids, and notices when it says something else.
 *
 * A schema that was ours stays, for the records that were written with it: what the id means now is another
 * team's, whose records are not on this topic. A schema that was not ours is forgotten for the new one. Where
 * both could be ours, records of that id wait for a person.
 *
 * @param options.now milliseconds that never jump.
 */
export function createWriterSchemas(options: {
  readonly transcoder: Pick<Transcoder, 'unknownSchemaIds' | 'learn' | 'fits'>
  readonly registry: Pick<SchemaRegistry, 'schema'>
  readonly onMoved?: (schemaId: number, what: SchemaMove) => void
  readonly now?: () => number
}): WriterSchemas {
  const { transcoder, registry, onMoved = () => {}, now = () => performance.now() } = options
  const knownById = new Map<number, Known>()

  const learn = async (schemaId: number): Promise<void> => {
    const schema = await ask(registry, schemaId)
    transcoder.learn(schemaId, schema)
    if (schema !== null) knownById.set(schemaId, { schema, askedAtMs: now(), isAmbiguous: false })
  }

  /** Never fails: what is known is good enough while the registry is away, or has lost the schema. */
  const lookAgain = async (schemaId: number, known: Known): Promise<boolean> => {
    known.askedAtMs = now()
    const schema = await ask(registry, schemaId).catch(() => undefined)
    if (schema === undefined) {
      // It is away: each id more would cost the batch another time-out.
      for (const each of knownById.values()) each.askedAtMs = now()
      return false
    }
    if (schema === null || schema === known.schema) return false
    const fitted = transcoder.fits(known.schema)
    if (fitted && !transcoder.fits(schema)) {
      onMoved(schemaId, 'kept')
      return false
    }
    known.schema = schema
    known.isAmbiguous = fitted
    transcoder.learn(schemaId, fitted ? null : schema)
    onMoved(schemaId, fitted ? 'ambiguous' : 'replaced')
    return true
  }

  const lookAgainAt = async (ids: Iterable<number>, afterMs: number): Promise<boolean> => {
    let isBetter = false
    for (const schemaId of ids) {
      const known = knownById.get(schemaId)
      if (known === undefined || now() - known.askedAtMs < afterMs) continue
      if (await lookAgain(schemaId, known)) isBetter = true
    }
    return isBetter
  }

  return {
    prepare: async (records) => {
      for (const schemaId of transcoder.unknownSchemaIds(records)) {
        if (knownById.get(schemaId)?.isAmbiguous !== true) await learn(schemaId)
      }
    },
    refresh: () => lookAgainAt(knownById.keys(), LOOK_AGAIN_MS),
    recheck: (records) => {
      const ids = new Set(records.map(schemaIdOf).filter((id) => id !== null))
      return lookAgainAt(ids, RECHECK_AFTER_MS)
    },
    whyUnknown: (schemaId) =>
      knownById.get(schemaId)?.isAmbiguous === true
        ? `the schema registry gave the id ${schemaId} to another schema of ours than before, as one does that was restored`
        : `the schema registry has no schema with the id ${schemaId}`,
  }
}

/** Of a record whose frame may not be whole. */
export function schemaIdOf({ value }: FetchedRecord): number | null {
  return value === null || value.length < 5 || value[0] !== 0 ? null : value.readUInt32BE(1)
}

/** What no Avro schema is; the transcoder calls it unsupported. */
const NO_AVRO = ''

/** Only a definite answer makes a schema unknown or unsupported; a registry that is away never does. */
async function ask(registry: Pick<SchemaRegistry, 'schema'>, id: number): Promise<string | null> {
  try {
    return await registry.schema(id, { isFresh: true })
  } catch (error) {
    if (error instanceof SchemaRegistryError && error.failure === 'unknown') return null
    if (error instanceof SchemaRegistryError && error.failure === 'unsupported') return NO_AVRO
    throw error
  }
}
