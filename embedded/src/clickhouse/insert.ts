import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import type { Connection, Outcome } from './engine/engine.ts'
import { ServerException } from './engine/errors.ts'
import { literal } from './sql/settings.ts'
import type { Statement } from './sql/statement-kind.ts'

/** The data of an INSERT: what was read of them to find where they begin, and what is still to come. */
export interface InsertData {
  readonly first: Buffer
  /** `null`: nothing. */
  readonly rest: Readable | null
}

/**
 * What comes while a write runs is written at once by the next: 30 MB are in a table of the engine Null after 85
 * ms, and after 130 when every chunk of a socket waits for its own.
 */
const SPOOL_BUFFER_BYTES = 8 * 1024 * 1024

/**
 * Puts the data of an INSERT into a file: inside the SQL text the engine would cut it at a blank
 * line. Fails, and leaves no file, when the body does not arrive as a whole.
 */
export async function spool(path: string, { first, rest }: InsertData): Promise<void> {
  const options = { mode: 0o600, flags: 'wx', highWaterMark: SPOOL_BUFFER_BYTES }
  const file = createWriteStream(path, options)
  try {
    if (rest === null) file.end(first)
    else file.write(first)
    await (rest === null ? finished(file) : pipeline(rest, file))
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

/** Inserts a spooled file; resolves when its rows are in the table. */
export async function insertFile(
  connection: Connection,
  statement: Extract<Statement, { kind: 'insert' }>,
  path: string,
): Promise<Outcome> {
  const { target, settings, format } = statement
  const source = `FROM INFILE ${literal(path)} COMPRESSION 'none'`
  try {
    return await connection.insert(`${target}\n${source} ${settings}\nFORMAT ${format}`)
  } catch (error) {
    if (!(error instanceof ServerException)) throw error
    // The file is our secret: nothing that the client could look at.
    const text = error.message.replaceAll(`: (in file/uri ${path})`, '').replaceAll(path, 'data')
    throw new ServerException(error.code, text, { cause: error })
  }
}
