import { ClickHouseFailure, type ClickHouse, type NativeInsert } from '@custom-events/clickhouse'
import type { Gate } from '@custom-events/kafka'

/** A row, by its place in Kafka. */
export interface MemoryRow {
  readonly partition: number
  readonly offset: number
}

/**
 * What an insert meets. `half` writes some of the rows before it fails, as a block over two months may;
 * `hangs` writes them and never answers, until the caller gives up.
 */
export type Fate = 'ok' | 'refused' | 'lost' | 'half' | 'memory' | 'garbled' | 'hangs'

/** An in-memory twin of the ClickHouse port; keeps every row that is inserted, so that doubles show. */
export interface MemoryClickHouse extends Pick<ClickHouse, 'insertNative' | 'offsetsPresent'> {
  readonly rows: (table: string) => readonly MemoryRow[]
}

export function createMemoryClickHouse(options: {
  readonly gate: Gate
  /** Asked for every insert. */
  readonly fate: () => Fate
  /** Rows the table refuses, as a constraint would. */
  readonly isPoison?: (row: MemoryRow, table: string) => boolean
}): MemoryClickHouse {
  const { gate, fate, isPoison = () => false } = options
  const tables = new Map<string, MemoryRow[]>()
  const rowsOf = (table: string): MemoryRow[] => {
    const rows = tables.get(table) ?? []
    tables.set(table, rows)
    return rows
  }
  const write = (table: string, rows: readonly MemoryRow[]): void => {
    if (!table.endsWith('_probe')) rowsOf(table).push(...rows)
  }

  return {
    rows: rowsOf,
    insertNative: async ({ table, block, signal }: NativeInsert) => {
      await gate('insert')
      const rows = readPlaces(block)
      if (rows.some((row) => isPoison(row, table))) throw failure(469)
      const met = fate()
      switch (met) {
        case 'ok':
          write(table, rows)
          break
        case 'refused':
          throw failure(202)
        case 'memory':
          throw failure(241)
        case 'half':
          write(table, rows.slice(0, Math.ceil(rows.length / 2)))
          throw failure(241)
        case 'lost':
          write(table, rows)
          await gate('answer')
          throw failure(null)
        case 'garbled':
          write(table, rows)
          throw failure(319)
        case 'hangs':
          write(table, rows)
          await abortOf(signal)
          throw failure(null)
      }
      await gate('answer')
    },
    offsetsPresent: async ({ table, ranges }) => {
      await gate('readBack')
      const present = new Map<number, Set<number>>()
      for (const { partition, offset } of rowsOf(table)) {
        const isAsked = ranges.some(
          (range) => range.partition === partition && offset >= range.from && offset <= range.to,
        )
        if (!isAsked) continue
        present.set(partition, (present.get(partition) ?? new Set()).add(offset))
      }
      return present
    },
  }
}

async function abortOf(signal: AbortSignal | undefined): Promise<void> {
  const aborted = Promise.withResolvers<void>()
  if (signal?.aborted === true) return
  signal?.addEventListener('abort', () => aborted.resolve(), { once: true })
  await aborted.promise
}

function failure(code: number | null): ClickHouseFailure {
  const network = code === null ? 'ECONNRESET' : null
  return new ClickHouseFailure('twin', { code, status: null, network, message: `code ${code}` })
}

/** Partition and offset are the last two columns of every block. */
function readPlaces(block: Buffer): readonly MemoryRow[] {
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
  const offsetsAt = block.length - 8 * rows
  const offsetHeaderBytes = 1 + 'kafka_offset'.length + 1 + 'UInt64'.length
  const partitionsAt = offsetsAt - offsetHeaderBytes - 4 * rows
  return Array.from({ length: rows }, (_, index) => ({
    partition: block.readUInt32LE(partitionsAt + 4 * index),
    offset: Number(block.readBigUInt64LE(offsetsAt + 8 * index)),
  }))
}
