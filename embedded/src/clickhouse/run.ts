import type { ServerResponse } from 'node:http'
import { borrow } from './engine/borrow.ts'
import { FULL_ROLE } from './engine/engine-roles.ts'
import type { Connection, Outcome } from './engine/engine.ts'
import { exception } from './engine/errors.ts'
import { keepParameters } from './engine/session-parameters.ts'
import type { Lease, Sessions } from './engine/sessions.ts'
import type { Slot, Slots } from './engine/slots.ts'
import { withExternalTables, type ExternalTable } from './external.ts'
import { insertFile } from './insert.ts'
import type { Exchange } from './query.ts'
import type { Reply } from './reply.ts'
import { select } from './select.ts'
import type { Asker } from './sql/asker.ts'
import { preparation, readerLimits, type Parameters } from './sql/settings.ts'
import type { Statement } from './sql/statement-kind.ts'
import { isReading, makesState, setsSettings } from './sql/statement-state.ts'

/** What a statement needs to run, beside a place. */
export interface Run {
  readonly parameters: Parameters
  readonly statement: Exclude<Statement, { kind: 'refused' }>
  readonly evaluatesValues: boolean | undefined
  readonly reply: Reply
  readonly format: string
  readonly tables: readonly ExternalTable[]
  readonly spoolFile: string
  readonly spoolFolder: string
  readonly asker: Asker
}

/** Runs a statement when there is a place for it, in the session that it names. */
export async function inSession(
  exchange: Exchange,
  { sessions, slots }: { readonly sessions: Sessions; readonly slots: Slots },
  run: Run,
): Promise<Outcome> {
  const { parameters, statement, asker } = run
  const lease =
    parameters.session && (await sessions.acquire(parameters.session, makesState(statement), asker))
  let isDone = false
  try {
    const isHeld = lease?.connection !== undefined
    const connection = (): Connection | undefined => {
      if (isHeld && lease.connection === undefined) {
        throw exception(372, 'Session not found: it ended with a change of users.')
      }
      return lease?.connection
    }
    const place = { isReader: statement.kind !== 'insert', connection, asker }
    const outcome = await slots.use(place, async (slot) => {
      await mustBeOne(run, slot)
      return lease?.connection === undefined
        ? runFresh(exchange, run, slot)
        : runHeld(exchange, run, { slot, lease })
    })
    isDone = true
    return outcome
  } finally {
    lease?.release(isDone)
  }
}

async function runFresh(
  { isReadOnly, response }: Exchange,
  run: Run,
  slot: Slot,
): Promise<Outcome> {
  const isReader = run.statement.kind !== 'insert'
  const manner = { isReadOnly, isReader, isHeld: false }
  await prepare(run, slot, manner)
  return withExternalTables(slot.connection, run, () => execute(run, slot, response))
}

/** On the connection of a session, which the settings of this request shall not stay on. */
async function runHeld(
  { isReadOnly, response }: Exchange,
  run: Run,
  { slot, lease }: { readonly slot: Slot; readonly lease: Lease },
): Promise<Outcome> {
  const { parameters, statement } = run
  if (isReadOnly && !isReading(statement)) {
    throw exception(164, 'Cannot execute query in readonly mode: only POST may change something.')
  }
  if (parameters.settings.some(([name]) => name === 'readonly')) {
    throw exception(
      48,
      'readonly in the URL cannot be undone in a session that has state: use GET, or no session_id.',
    )
  }
  if (setsSettings(statement)) return execute(run, slot, response)
  keepParameters(lease.parameterBytes, parameters.settings)
  return borrow(slot.connection, parameters, {
    lifted: statement.kind === 'insert' && run.asker.limits === null ? readerLimits : [],
    prepare: () => prepare(run, slot, { isReadOnly, isReader: true, isHeld: true }),
    work: () => withExternalTables(slot.connection, run, () => execute(run, slot, response)),
    lose: () => lease.lose(),
  })
}

async function prepare(
  { parameters, evaluatesValues, asker }: Run,
  { connection, mark }: Slot,
  manner: { readonly isReadOnly: boolean; readonly isReader: boolean; readonly isHeld: boolean },
): Promise<void> {
  for (const sql of preparation(parameters, { mark, evaluatesValues, asker, ...manner })) {
    await connection.query(sql)
  }
}

/** A client that goes away takes its query with it; rows that arrived as a whole are inserted. */
async function execute(run: Run, slot: Slot, response: ServerResponse): Promise<Outcome> {
  const gone = new AbortController()
  const onClose = (): void => gone.abort()
  response.once('close', onClose)
  try {
    if (response.destroyed) gone.abort()
    return await executeUnless(gone.signal, run, slot)
  } finally {
    response.off('close', onClose)
  }
}

/**
 * The engine runs all statements of a text, and a login is judged by the first: what is one to us has to be one to it.
 * @throws ServerException 62
 */
async function mustBeOne({ statement, asker, tables }: Run, slot: Slot): Promise<void> {
  if (asker.engineRole === FULL_ROLE) return
  const text = 'target' in statement ? statement.target : statement.text
  const settings = 'settings' in statement ? statement.settings : ''
  for (const said of [text, settings, ...tables.map(({ definition }) => definition)]) {
    if (!(await slot.isOneStatement(said))) {
      throw exception(62, 'Syntax error (Multi-statements are not allowed).')
    }
  }
}

async function executeUnless(
  signal: AbortSignal,
  { statement, reply, format, spoolFile }: Run,
  slot: Slot,
): Promise<Outcome> {
  switch (statement.kind) {
    case 'select':
      return select(statement, { slot, format, write: reply.write, signal })
    case 'insert':
      return insertFile(slot.connection, statement, spoolFile)
    case 'insert select':
      return cancelled(signal, slot, () => slot.connection.insert(statement.text))
    case 'command': {
      const outcome = await cancelled(signal, slot, () =>
        slot.connection.query(statement.text, format),
      )
      await reply.write(outcome.bytes)
      return outcome
    }
    default:
      return statement satisfies never
  }
}

/** Cancels what runs when the signal fires; resolves when it has ended. */
async function cancelled(
  signal: AbortSignal,
  slot: Slot,
  start: () => Promise<Outcome>,
): Promise<Outcome> {
  if (signal.aborted) throw exception(1001, 'The client went away.')
  const running = start()
  const cancel = (): void => void slot.cancel(running)
  signal.addEventListener('abort', cancel, { once: true })
  try {
    return await running
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
