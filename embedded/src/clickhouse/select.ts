import { closeSync, constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Outcome } from './engine/engine.ts'
import { exception } from './engine/errors.ts'
import { literal } from './sql/settings.ts'
import type { Slot } from './engine/slots.ts'
import type { Statement } from './sql/statement-kind.ts'

export interface SelectOptions {
  readonly slot: Slot
  readonly format: string
  readonly write: (chunk: Uint8Array) => Promise<void>
  /** Fires when the client goes away: the query is cancelled then. */
  readonly signal: AbortSignal
}

/**
 * Lets the engine write the result into a pipe and passes it on as fast as the client takes it.
 * So the engine makes one document of it in any format (its own streams make one per block), and
 * neither side ever holds more than a pipe's buffer.
 * @throws ServerException also after rows were written
 */
export async function select(
  statement: Extract<Statement, { kind: 'select' }>,
  { slot, format, write, signal }: SelectOptions,
): Promise<Outcome> {
  if (signal.aborted) throw exception(1001, 'The client went away.')
  const { text, settings } = statement
  const output = `INTO OUTFILE ${literal(slot.pipe)} APPEND FORMAT ${format} ${settings}`
  const pipe = openPipe(slot.pipe)
  const running = slot.connection.query(`${text}\n${output}`)
  running.then(pipe.closeWriter, pipe.closeWriter)
  let failure: unknown
  const cancel = (): void => void slot.cancel(running)
  signal.addEventListener('abort', cancel, { once: true })
  try {
    for await (const chunk of pipe.reader) {
      // Read on to the end: the engine waits in the kernel for a reader, where no KILL QUERY reaches it.
      if (failure !== undefined || signal.aborted) continue
      await write(chunk as Buffer).catch((error: unknown) => {
        failure = error
        cancel()
      }) // no encoding was set
    }
    const outcome = await running
    if (failure !== undefined) throw failure
    return outcome
  } catch (error) {
    await slot.cancel(running)
    throw failure ?? error
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** Opens both ends, so that the reader sees no end before the engine has begun to write. */
function openPipe(path: string): { readonly reader: Socket; readonly closeWriter: () => void } {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(path, constants.O_WRONLY)
  const reader = new Socket({ fd, readable: true, writable: false })
  return { reader, closeWriter: () => closeSync(writer) }
}
