import type { Connection } from './engine.ts'
import type { Asker } from '../sql/asker.ts'
import { exception } from './errors.ts'

/** Sessions that hold a temporary table, a setting or a database: each keeps a connection to the engine. */
export const MAX_HELD = 64
/** Of one login with limits, and of all of these together: others find some, too. */
export const MAX_HELD_BY_ONE = 16
const MAX_HELD_BY_LIMITED = 48
/** Names without anything behind them; the oldest is forgotten when there are more. */
const MAX_NAMES = 4_096

/** What a request says of its session. */
export interface SessionRequest {
  readonly id: string
  /** How long it is kept after its last query. */
  readonly timeoutMs: number
  /** Fails when there is none: `session_check=1`. */
  readonly mustExist: boolean
  /** Ends with this query: `close_session=1`. */
  readonly closes: boolean
}

/** The right to run one query in a session. */
export interface Lease {
  /** What holds its state; none: it has no state yet, and this query makes none, or all sessions were closed meanwhile. */
  readonly connection: Connection | undefined
  /** Bytes of the parameters that its queries brought, by name. */
  readonly parameterBytes: Map<string, number>
  /** Its state is no longer what its client made of it: it ends when it is released. */
  lose(): void
  /** @param isKept whether what the query did shall stay */
  release(isKept: boolean): void
}

export interface Sessions {
  /**
   * @param makesState whether the query leaves something for the next one: a setting, a database, a temporary table
   * @throws ServerException 372, 373 or 700: not found, in use, too many
   */
  acquire(request: SessionRequest, makesState: boolean, asker: Asker): Promise<Lease>
  /** Ends them all; no query may run in one. */
  close(): void
}

interface Session {
  connection: Connection | undefined
  /** As long as it has a connection, or is about to. */
  heldBy: Asker | undefined
  readonly parameterBytes: Map<string, number>
  isBusy: boolean
  expiry: NodeJS.Timeout | undefined
}

/**
 * Sessions of clients. A session is a name until a query makes state, because most clients give every query one and
 * never need it: only then is a connection kept for it.
 * @param open a connection as one of a request of that user is, before settings of its own
 */
export function createSessions(open: (asker: Asker) => Promise<Connection>): Sessions {
  const sessions = new Map<string, Session>()
  const letGo = (session: Session): void => {
    session.connection?.close()
    session.connection = undefined
    session.parameterBytes.clear()
    session.heldBy = undefined
  }
  const end = (key: string, session: Session): void => {
    clearTimeout(session.expiry)
    if (sessions.get(key) === session) sessions.delete(key)
    letGo(session)
  }
  const forgetOldest = (): void => {
    const oldest = [...sessions].find(([, { isBusy, connection }]) => !isBusy && !connection)
    if (oldest === undefined) throw tooMany(MAX_NAMES)
    end(...oldest)
  }
  const find = (key: string, { id, mustExist }: SessionRequest): Session => {
    const found = sessions.get(key)
    if (found === undefined && mustExist) throw exception(372, `Session ${id} not found.`)
    if (found?.isBusy === true) {
      throw exception(373, `Session ${id} is locked by a concurrent client.`)
    }
    if (found === undefined && sessions.size >= MAX_NAMES) forgetOldest()
    const fresh = { connection: undefined, heldBy: undefined, isBusy: false, expiry: undefined }
    return found ?? { ...fresh, parameterBytes: new Map() }
  }
  const mustBeFew = (most: number, isMeant: (holder: Asker) => boolean): void => {
    let count = 0
    for (const { heldBy } of sessions.values()) if (heldBy !== undefined && isMeant(heldBy)) count++
    if (count >= most) throw tooMany(most)
  }
  const mustBeFree = ({ engineRole, limits: own }: Asker): void => {
    mustBeFew(MAX_HELD, () => true)
    if (own === null) return
    mustBeFew(MAX_HELD_BY_ONE, (holder) => holder.engineRole === engineRole)
    mustBeFew(MAX_HELD_BY_LIMITED, ({ limits }) => limits !== null)
  }
  const hold = async (session: Session, asker: Asker): Promise<void> => {
    mustBeFree(asker)
    session.heldBy = asker
    try {
      const connection = await open(asker)
      if (session.heldBy === undefined) {
        connection.close()
        throw exception(372, 'Session not found: it ended with a change of users.')
      }
      session.connection = connection
    } catch (error) {
      letGo(session)
      throw error
    }
  }
  return {
    acquire: async (request, makesState, asker) => {
      const { id, timeoutMs, closes } = request
      const key = JSON.stringify([asker.engineRole, id]) // those of one name are those of each user
      const session = find(key, request)
      const isNew = session.connection === undefined && makesState
      session.isBusy = true
      clearTimeout(session.expiry)
      sessions.delete(key) // to the end: the order is that of their last use
      sessions.set(key, session)
      let isLost = false
      const lose = (): void => void (isLost = true)
      const release = (isKept: boolean): void => {
        session.isBusy = false
        if (closes || isLost) return end(key, session)
        if (isNew && !isKept && session.connection !== undefined) letGo(session)
        session.expiry = setTimeout(() => end(key, session), timeoutMs).unref()
      }
      try {
        if (isNew) await hold(session, asker)
      } catch (error) {
        release(false)
        throw error
      }
      return {
        get connection() {
          return session.connection
        },
        parameterBytes: session.parameterBytes,
        lose,
        release,
      }
    },
    close: () => {
      for (const [key, session] of sessions) end(key, session)
    },
  }
}

function tooMany(limit: number): Error {
  return exception(
    700,
    `Too many sessions: ${limit} are open. They end with close_session=1, or session_timeout after their last query.`,
  )
}
