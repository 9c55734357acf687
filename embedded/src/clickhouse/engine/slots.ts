import { setTimeout as delay } from 'node:timers/promises'
import type { Connection, Engine } from './engine.ts'
import { exception } from './errors.ts'

/** Queries that run side by side; each holds a thread and a connection. */
export const MAX_RUNNING = 32
const MAX_WAITING = 256
const MAX_WAIT_MS = 10_000
const KILL_AGAIN_MS = 100

/** The right to run one query, with a fresh connection whose settings nobody else sees. */
export interface Slot {
  readonly connection: Connection
  /** A pipe that the engine writes a result into. */
  readonly pipe: string
  /** Found in the settings of the query that runs in this slot. */
  readonly mark: string
  /** Cancels the query and resolves when it has ended. */
  cancel(running: Promise<unknown>): Promise<void>
}

export interface Slots {
  /** @throws ServerException 202 when no slot gets free within 10 s. */
  use<T>(work: (slot: Slot) => Promise<T>): Promise<T>
  /** Cancels what runs and resolves when nothing does. */
  drain(): Promise<void>
}

export function createSlots(engine: Engine, pipes: readonly string[]): Slots {
  const free = [...pipes]
  const waiting: ((pipe: string) => void)[] = []
  const admin = engine.connect()
  let count = 0

  const acquire = (): Promise<string> => {
    const pipe = free.pop()
    if (pipe !== undefined) return Promise.resolve(pipe)
    if (waiting.length >= MAX_WAITING) return Promise.reject(tooMany())
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(take), 1)
        reject(tooMany())
      }, MAX_WAIT_MS)
      const take = (given: string): void => {
        clearTimeout(timer)
        resolve(given)
      }
      waiting.push(take)
    })
  }
  const release = (pipe: string): void => {
    const next = waiting.shift()
    if (next === undefined) free.push(pipe)
    else next(pipe)
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
  const useSlot = async <T>(pipe: string, work: (slot: Slot) => Promise<T>): Promise<T> => {
    const connection = engine.connect()
    const mark = `front-${++count}`
    try {
      return await work({ connection, pipe, mark, cancel: (running) => kill(mark, running) })
    } finally {
      connection.close()
    }
  }
  return {
    use: async (work) => {
      const pipe = await acquire()
      try {
        return await useSlot(pipe, work)
      } finally {
        release(pipe)
      }
    },
    drain: async () => {
      while (free.length < pipes.length) {
        await killQueries(admin, "LIKE 'front-%'")
        await delay(KILL_AGAIN_MS)
      }
      admin.close()
    },
  }
}

async function killQueries(admin: Connection, marks: string): Promise<void> {
  const sql = `KILL QUERY WHERE Settings['query_cache_tag'] ${marks} ASYNC`
  await admin.query(sql).catch(() => {})
}

function tooMany(): Error {
  return exception(
    202,
    `Too many simultaneous queries: ${MAX_RUNNING} run and others wait already.`,
  )
}
