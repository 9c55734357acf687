import { createRequire } from 'node:module'
import { parseEngineError } from './errors.ts'

/** What a query did. */
export interface Outcome {
  readonly bytes: Buffer
  /** `undefined`: the engine does not say. */
  readonly rowsRead: number | undefined
  readonly bytesRead: number | undefined
  readonly resultRows: number
  /** Of the result's columns in memory. */
  readonly resultBytes: number
  readonly rowsWritten: number
  readonly bytesWritten: number
  readonly elapsedSeconds: number
}

/** One connection to the engine: queries on it run one after another, settings stay with it. */
export interface Connection {
  /** @throws ServerException with the engine's own text */
  query(sql: string, format?: string): Promise<Outcome>
  /** Like `query`, for INSERT: it counts the rows written. */
  insert(sql: string): Promise<Outcome>
  /** Only when no query runs on it. */
  close(): void
}

/**
 * The functions of chdb's native addon. Its JavaScript layer counts no written rows and makes a
 * closing session wait for the queries of all others, so the addon is used directly.
 */
interface Addon {
  CreateConnection(folder: string): unknown
  CloseConnection(connection: unknown): void
  QueryAsyncConnection(
    connection: unknown,
    sql: string,
    format: string,
  ): Promise<{ bytes: Buffer; elapsed: number; rowsRead: number; bytesRead: number }>
  InsertRawAsyncConnection(
    connection: unknown,
    sql: string,
    data: Buffer,
    countLines: boolean,
  ): Promise<{ elapsed: number; rowsWritten: number; bytesWritten: number }>
}

export interface Engine {
  /** 0.3 ms: cheap enough for one per request. */
  connect(): Connection
}

const nothing = Buffer.alloc(0)

/**
 * Opens the data folder that the configuration names; one process per folder.
 * @param config relative to the working folder, so that it needs no escaping
 */
export function openEngine(config: string): Engine {
  const addon = loadAddon()
  const connect = (): Connection => {
    const connection = addon.CreateConnection(`data?config-file=${config}`)
    return {
      query: async (sql, format = 'TabSeparated') => {
        const raw = await addon.QueryAsyncConnection(connection, sql, format).catch(rethrow)
        // What chDB calls read are the rows of the result.
        const { bytes, rowsRead: resultRows, bytesRead: resultBytes, elapsed } = raw
        return {
          bytes,
          rowsRead: undefined,
          bytesRead: undefined,
          resultRows,
          resultBytes,
          rowsWritten: 0,
          bytesWritten: 0,
          elapsedSeconds: elapsed,
        }
      },
      insert: async (sql) => {
        const raw = await addon
          .InsertRawAsyncConnection(connection, sql, nothing, false)
          .catch(rethrow)
        const { rowsWritten, bytesWritten, elapsed } = raw
        const read = { rowsRead: rowsWritten, bytesRead: bytesWritten } // as the server counts
        const result = { resultRows: rowsWritten, resultBytes: bytesWritten }
        const written = { rowsWritten, bytesWritten, elapsedSeconds: elapsed }
        return { bytes: nothing, ...read, ...result, ...written }
      },
      close: () => addon.CloseConnection(connection),
    }
  }
  return { connect }
}

function rethrow(error: unknown): never {
  throw parseEngineError(error)
}

function loadAddon(): Addon {
  const fromChdb = createRequire(createRequire(import.meta.url).resolve('chdb'))
  return fromChdb(`@chdb/lib-linux-${process.arch}-gnu`) as Addon // chdb is pinned exactly
}
