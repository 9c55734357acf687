import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Connection, Outcome } from './engine.ts'
import { ServerException } from './errors.ts'
import { literal } from './settings.ts'
import type { Statement } from './statement.ts'

/**
 * Puts the data of an INSERT into a file: inside the SQL text the engine would cut it at a blank
 * line. Fails, and leaves no file, when the body does not arrive as a whole.
 */
export async function spool(path: string, data: AsyncIterable<Buffer>): Promise<void> {
  try {
    await pipeline(
      Readable.from(data, { objectMode: false }),
      createWriteStream(path, { mode: 0o600, flags: 'wx' }),
    )
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
