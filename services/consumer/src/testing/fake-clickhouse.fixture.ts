import {
  ClickHouseFailure,
  identityHash,
  type ClickHouse,
  type NativeInsert,
  type OffsetsQuestion,
  type ViewOnTable,
} from '@custom-events/clickhouse'
import type { Gate } from '@custom-events/kafka/testing'
import { readNative } from '../../../../packages/codec/src/testing/native-reader.fixture.ts'

/** A row, by its place in Kafka. */
export interface MemoryRow {
  readonly partition: number
  readonly offset: number
  /** Of the log. */
  readonly generation: number
  /** The block that brought it, and its place therein. */
  readonly block: Buffer
  readonly index: number
  /** Written after whoever sent it was told of a failure, or a second time by something in between. */
  readonly isLate: boolean
  /** Written for a process that did not own the partition any more. */
  readonly isZombie: boolean
  /** Left by an insert that failed: whoever sent it was told so. */
  readonly isLeftOver: boolean
  /** Lay in the table before any process of ours: of another log, or of one that was restored. */
  readonly isEarlier: boolean
  /** The views on the table have it too. */
  readonly isInViews: boolean
}

/**
 * What an insert meets. `dropped` never arrives; `half` writes some of the rows before it fails, as a block
 * over two months may; `viewThrows` writes them and no view has them, `torn` too, and nobody says so; `lost` writes them and the answer is cut; `twice` is delivered a second time later;
 * `late` is written after the caller was told of a failure; `hangs` writes and does not answer until the
 * caller gives up, or the time limit of the request is over.
 */
export type Fate =
  | 'ok'
  | 'refused'
  | 'memory'
  | 'tooManyParts'
  | 'halted'
  | 'dropped'
  | 'half'
  | 'viewThrows'
  | 'torn'
  | 'lost'
  | 'garbled'
  | 'twice'
  | 'late'
  | 'hangs'

/** An in-memory fake of the ClickHouse port; keeps every row that is inserted, so that doubles show. */
export interface FakeClickHouse extends Pick<
  ClickHouse,
  'insertNative' | 'recordsPresent' | 'highestOffsets' | 'viewsOn'
> {
  readonly rows: (table: string) => readonly MemoryRow[]
}

/** What several processes share. */
export type MemoryTables = Map<string, MemoryRow[]>

export function createFakeClickHouse(options: {
  readonly gate: Gate
  /** Asked for every insert. */
  readonly fate: () => Fate
  /** Rows the table refuses, as a constraint would. */
  readonly isPoison?: (row: Pick<MemoryRow, 'partition' | 'offset'>, table: string) => boolean
  /** @default tables of its own */
  readonly tables?: MemoryTables
  /** Whether a question is answered; asked for every question. @default always */
  readonly isAnswered?: () => boolean
  /** Does something a good while later. @default at once */
  readonly later?: (call: () => void) => void
  /** Resolves when the time limit of a request is over. @default never */
  readonly timeLimit?: (signal: AbortSignal | undefined) => Promise<void>
  /** Whether who inserts into this partition owned it no more. @default never */
  readonly isZombie?: () => boolean
  /** On every table. @default none */
  readonly views?: readonly ViewOnTable[]
  /** Rows that the views refuse; the table has them then. @default none */
  readonly isRefusedByView?: (row: Pick<MemoryRow, 'partition' | 'offset'>) => boolean
  /** Whether a block has too many months. @default never */
  readonly isTooWide?: (block: Buffer) => boolean
}): FakeClickHouse {
  const {
    gate,
    fate,
    isPoison = () => false,
    tables = new Map(),
    isAnswered = () => true,
  } = options
  const { later = (call) => call(), isZombie = () => false, views = [] } = options
  const rowsOf = (table: string): MemoryRow[] => {
    const rows = tables.get(table) ?? []
    tables.set(table, rows)
    return rows
  }

  const ask = async ({
    table,
    generation,
    ranges,
  }: OffsetsQuestion): Promise<readonly MemoryRow[]> => {
    await gate('readBack')
    const rows = rowsOf(table).filter(
      (row) =>
        row.generation === generation &&
        ranges.some(
          ({ partition, from, to }) =>
            partition === row.partition && row.offset >= from && row.offset <= to,
        ),
    )
    await gate('present')
    if (!isAnswered()) throw failure(null)
    return rows
  }

  return {
    rows: rowsOf,
    insertNative: async ({ table, block, mayBegin, signal }: NativeInsert) => {
      await gate('insert')
      if (mayBegin?.() === false) throw failure(null, 'not begun', 'ENOTBEGUN')
      const places = readPlaces(block)
      if (places.some((place) => isPoison(place, table))) throw failure(469)
      if (options.isTooWide?.(block) === true) throw failure(252, TOO_WIDE)
      const write = (how: Partial<MemoryRow>, count = places.length): void => {
        if (table.endsWith('_probe')) return
        const whose = { block, isZombie: isZombie(), isLate: false, ...WHOLE, ...how }
        for (let index = 0; index < count; index++) {
          const place = places[index]
          if (place !== undefined) rowsOf(table).push({ ...place, ...whose, index })
        }
      }
      const isRefusedByView = places.some((place) => options.isRefusedByView?.(place) === true)
      const met = isRefusedByView && !table.endsWith('_probe') ? 'viewThrows' : fate()
      const error = errorOf(met)
      if (met === 'half') write(LEFT_OVER, Math.ceil(places.length / 2))
      else if (met === 'viewThrows' && views.length > 0) write(LEFT_OVER)
      else if (met === 'torn') write({ isInViews: false })
      else if (WRITES.has(met)) write({})
      if (met === 'late' || met === 'twice') later(() => write({ isLate: true }))
      if (met === 'hangs') {
        void gate('hang').catch(() => {})
        await Promise.race([abortOf(signal), options.timeLimit?.(signal) ?? new Promise(() => {})])
      } else await gate('answer')
      if (error !== null) throw error
    },
    recordsPresent: async (question) => {
      const present = new Map<number, Map<number, Set<string>>>()
      for (const row of await ask(question)) {
        const { partition, offset } = row
        const values = valuesOf(row)
        const parts = question.identity.map(({ name }) => Buffer.from(String(values[name])))
        const ofPartition = present.get(partition) ?? new Map<number, Set<string>>()
        const identities = ofPartition.get(offset) ?? new Set()
        ofPartition.set(offset, identities.add(identityHash(parts)))
        present.set(partition, ofPartition)
      }
      return present
    },
    viewsOn: async () => views,
    highestOffsets: async (question) => {
      const highest = new Map<number, number>()
      for (const { partition, offset } of await ask(question)) {
        highest.set(partition, Math.max(offset, highest.get(partition) ?? 0))
      }
      return highest
    },
  }
}

const WHOLE = { isLeftOver: false, isEarlier: false, isInViews: true }
const LEFT_OVER = { isLeftOver: true, isInViews: false }
const TOO_WIDE = 'Too many partitions for single INSERT block (more than 1000)'
const WRITES: ReadonlySet<Fate> = new Set(['ok', 'lost', 'garbled', 'twice', 'hangs'])

function errorOf(fate: Fate): ClickHouseFailure | null {
  switch (fate) {
    case 'ok':
    case 'twice':
      return null
    case 'refused':
      return failure(202)
    case 'memory':
    case 'half':
      return failure(241)
    case 'tooManyParts':
      return failure(252)
    case 'halted':
      return failure(60)
    case 'viewThrows':
      return failure(395)
    case 'garbled':
      return failure(319)
    case 'dropped':
    case 'torn':
    case 'lost':
    case 'late':
    case 'hangs':
      return failure(null)
  }
}

async function abortOf(signal: AbortSignal | undefined): Promise<void> {
  const aborted = Promise.withResolvers<void>()
  if (signal?.aborted === true) return
  signal?.addEventListener('abort', () => aborted.resolve(), { once: true })
  await aborted.promise
}

function failure(
  code: number | null,
  message = `code ${code}`,
  network = code === null ? 'ECONNRESET' : null,
): ClickHouseFailure {
  return new ClickHouseFailure('fake', { code, status: null, network, message })
}

const rowsOfBlock = new WeakMap<Buffer, ReturnType<typeof readNative>>()

/** Of a row, by column: what an INSERT names `set_received_at` is asked for as `received_at`. */
export function valuesOf({ block, index }: Pick<MemoryRow, 'block' | 'index'>) {
  const rows = rowsOfBlock.get(block) ?? readNative(block).map(asAsked)
  rowsOfBlock.set(block, rows)
  return rows[index] ?? {}
}

function asAsked<T>(row: Readonly<Record<string, T>>): Record<string, T> {
  const columns = Object.entries(row)
  return Object.fromEntries(columns.map(([name, value]) => [name.replace(/^set_/, ''), value]))
}

/** Partition and version are the last two columns of every block. */
function readPlaces(
  block: Buffer,
): readonly Pick<MemoryRow, 'partition' | 'offset' | 'generation'>[] {
  let at = 0
  const unsigned = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = block.readUInt8(at++)
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  unsigned()
  const rows = unsigned()
  const versionsAt = block.length - 8 * rows
  const versionHeaderBytes = 1 + 'version'.length + 1 + 'UInt64'.length
  const partitionsAt = versionsAt - versionHeaderBytes - 4 * rows
  return Array.from({ length: rows }, (_, index) => ({
    partition: block.readUInt32LE(partitionsAt + 4 * index),
    offset: block.readUIntLE(versionsAt + 8 * index, 6),
    generation: block.readUInt16LE(versionsAt + 8 * index + 6),
  }))
}
