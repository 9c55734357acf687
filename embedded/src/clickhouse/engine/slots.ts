import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Connection, Engine } from './engine.ts'
import { mostQueriesOf, type Asker } from '../sql/asker.ts'
import { exception } from './errors.ts'
import { createShares } from './shares.ts'

/** Queries that run side by side; each holds a thread and a connection. */
export const MAX_RUNNING = 32
/** The part of the places that only the data of INSERTs get: however many queries run, rows are taken. */
const KEPT_FOR_INSERTS = 1 / 4
/** The part that logins with limits, analysts and accounts, do not get: consumers and commands find a place. */
const KEPT_FOR_PROGRAMS = 1 / 2
const MAX_WAITING = 256
const MAX_WAIT_MS = 10_000
const KILL_AGAIN_MS = 100
const ENDS_WITHIN_MS = 10_000

/** The right to run one query, with a connection whose settings nobody else sees. */
export interface Slot {
  readonly connection: Connection
  /** A pipe that the engine writes a result into. */
  readonly pipe: string
  /** Found in the settings of the query that runs in this slot. */
  readonly mark: string
  /** Cancels the query and resolves when it has ended. */
  cancel(running: Promise<unknown>): Promise<void>
  /** Whether the engine, too, sees no semicolon in what it is to run: behind one it would run another statement. */
  isOneStatement(sql: string): Promise<boolean>
}

export interface Slots {
  /** @throws ServerException 202 when no slot gets free within 10 s, and at once when who asks has as many as they may. */
  use<T>(place: Place, work: (slot: Slot) => Promise<T>): Promise<T>
  /**
   * Does something while nothing runs and no connection is open: what runs may end within 10 s and is cancelled then,
   * what comes waits.
   */
  alone(work: () => Promise<void>): Promise<void>
  /** Cancels what runs and resolves when nothing does. */
  drain(): Promise<void>
}

/** Which place a query wants. */
export interface Place {
  /** Everything but the data of an INSERT: some places are not for it. */
  readonly isReader: boolean
  readonly asker: Asker
  /** One that is there already, asked for when there is a place; without: a fresh one. */
  readonly connection?: (() => Connection | undefined) | undefined
}

export function createSlots(engine: Engine, pipes: readonly string[]): Slots {
  const free = [...pipes]
  const waiting: Waiter[] = []
  let admin = engine.connect()
  let isAlone = false
  const maxReaders = pipes.length - Math.floor(pipes.length * KEPT_FOR_INSERTS)
  const maxLimited = pipes.length - Math.floor(pipes.length * KEPT_FOR_PROGRAMS)
  const shares = createShares()
  let readers = 0

  const mayRun = ({ isReader, asker }: Place): boolean =>
    !isAlone &&
    free.length > 0 &&
    (!isReader || readers < (asker.limits === null ? maxReaders : maxLimited))
  const give = ({ isReader }: Place): string => {
    if (isReader) readers++
    return free.pop() ?? '' // mayRun said that there is one
  }
  const acquire = (place: Place): Promise<string> => {
    const { isReader } = place
    if (mayRun(place)) return Promise.resolve(give(place))
    if (waiting.filter((each) => each.place.isReader === isReader).length >= MAX_WAITING) {
      return Promise.reject(tooMany())
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(waiter), 1)
        reject(tooMany())
      }, MAX_WAIT_MS)
      const take = (pipe: string): void => {
        clearTimeout(timer)
        resolve(pipe)
      }
      const waiter = { place, take }
      waiting.push(waiter)
    })
  }
  const release = (pipe: string, isReader: boolean): void => {
    free.push(pipe)
    if (isReader) readers--
    takeNext()
  }
  const takeNext = (): boolean => {
    const next = waiting.find((each) => mayRun(each.place))
    if (next === undefined) return false
    waiting.splice(waiting.indexOf(next), 1)
    next.take(give(next.place))
    return true
  }
  const untilNothingRuns = async (patienceMs: number): Promise<void> => {
    const startedAt = performance.now()
    while (free.length < pipes.length) {
      if (performance.now() - startedAt >= patienceMs) await killQueries(admin, "LIKE 'front-%'")
      await delay(KILL_AGAIN_MS)
    }
  }
  const kill = async (mark: string, running: Promise<unknown>): Promise<void> => {
    const ended = running.then(
      () => true,
      () => true,
    )
    // Again and again: the query may not have been known to the engine yet. Until it has ended
    // its connection must stay open, so a failure to kill is no reason to stop waiting.
    while (!(await Promise.race([ended, delay(KILL_AGAIN_MS, false)]))) {
      await killQueries(admin, `= '${mark}'`)
    }
  }
  const useSlot = async <T>(
    pipe: string,
    held: Connection | undefined,
    work: (slot: Slot) => Promise<T>,
  ): Promise<T> => {
    const connection = held ?? engine.connect()
    const mark = `front-${randomUUID()}` // a number would tell how many queries others run
    try {
      const cancel = (running: Promise<unknown>): Promise<void> => kill(mark, running)
      const isOneStatement = (sql: string): Promise<boolean> => hasNoSemicolon(engine, sql)
      return await work({ connection, pipe, mark, cancel, isOneStatement })
    } finally {
      if (held === undefined) connection.close()
    }
  }
  return {
    use: async (place, work) => {
      const { isReader, connection, asker } = place
      const most = mostQueriesOf(asker) // those that wait are counted: one login must not fill the queue either
      using own = shares.take(asker.engineRole, most)
      if (own === null) throw tooManyOfOne(most)
      const pipe = await acquire(place)
      try {
        return await useSlot(pipe, connection?.(), work)
      } finally {
        release(pipe, isReader)
      }
    },
    alone: async (work) => {
      isAlone = true
      try {
        await untilNothingRuns(ENDS_WITHIN_MS)
        admin.close()
        await work()
      } finally {
        admin = engine.connect()
        isAlone = false
        while (takeNext());
      }
    },
    drain: async () => {
      await untilNothingRuns(0)
      admin.close()
    },
  }
}

interface Waiter {
  readonly place: Place
  readonly take: (pipe: string) => void
}

async function killQueries(admin: Connection, marks: string): Promise<void> {
  const sql = `KILL QUERY WHERE Settings['query_cache_tag'] ${marks} ASYNC`
  await admin.query(sql).catch(() => {})
}

/** On a connection of its own: SET stays on one, and two who ask at once would overwrite each other's. */
async function hasNoSemicolon(engine: Engine, sql: string): Promise<boolean> {
  if (!sql.includes(';')) return true
  const connection = engine.connect()
  try {
    return await seesNoSemicolon(connection, sql)
  } finally {
    connection.close()
  }
}

async function seesNoSemicolon(connection: Connection, sql: string): Promise<boolean> {
  const tag = `$${randomUUID().replaceAll('-', '')}$` // in quotes it would be longer, and may be too long
  await connection.query(`SET max_query_size = ${2 * Buffer.byteLength(sql) + 1_000_000}`)
  const kinds = `arrayMap(token -> toString(token.3), tokenizeQuery(${tag}${sql}${tag}))`
  const { bytes } = await connection.query(`SELECT has(${kinds}, 'Semicolon')`)
  return bytes.toString() === '0\n'
}

function tooManyOfOne(most: number): Error {
  return exception(
    202,
    `Too many simultaneous queries of this login: ${most} run or wait, and it may have no more.`,
  )
}

function tooMany(): Error {
  return exception(
    202,
    `Too many simultaneous queries: as many as may run side by side did so for ${MAX_WAIT_MS / 1_000} s, or too many wait already.`,
  )
}
