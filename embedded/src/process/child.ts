import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { signalGroup, spawnBound } from './command.ts'
import { StackError } from '../problem.ts'

/** `kafka` is the first or only broker, `kafka-2` the second; the same with the shards of ClickHouse. */
export type ServerName =
  'kafka' | `kafka-${number}` | 'registry' | 'clickhouse' | `clickhouse-${number}`

/** A server process of the stack. */
export interface Server {
  readonly name: ServerName
  /** The process that runs now; another one after `restart`. */
  readonly pid: number
  readonly url: string
  readonly logFile: string
  /** SIGTERM, then SIGKILL after 10 s; resolves when the process is gone. */
  stop(): Promise<void>
  kill(signal: NodeJS.Signals): void
  /** Stops what is left of it and starts it again on the same port and data, or without data if they are gone. */
  restart(): Promise<void>
}

export interface ServerPlan {
  readonly name: ServerName
  readonly url: string
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly cwd: string
  readonly logFile: string
  /** Before every start: puts the data folder in order. */
  readonly prepare?: () => Promise<void>
  /** After it was asked to end, and has ended by itself. */
  readonly onEnded?: (() => Promise<void>) | undefined
  /** SIGKILL comes so long after SIGTERM. @default 10_000 */
  readonly endsWithinMs?: number | undefined
  /** One look at whether the server answers; rejects or says false when it does not. */
  readonly isReady: () => Promise<boolean>
}

export interface StartOptions {
  readonly signal?: AbortSignal | undefined
  readonly onDied?: ((server: ServerName, reason: string, logFile: string) => void) | undefined
}

const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 10_000
const POLL_MS = 25

/**
 * Starts a server and waits until it answers.
 * @throws StackError when it dies first or does not answer within 60 s, with the end of its log;
 * no process is left then, nor when the signal aborts.
 */
export async function startServer(plan: ServerPlan, options: StartOptions): Promise<Server> {
  let running = await launch(plan, options)
  const stop = async (): Promise<void> => {
    if (await end(running, plan.endsWithinMs)) await plan.onEnded?.()
  }
  return {
    name: plan.name,
    url: plan.url,
    logFile: plan.logFile,
    get pid() {
      return running.child.pid ?? 0
    },
    stop,
    kill: (signal) => signalGroup(running.child, signal),
    restart: async () => {
      await stop()
      running = await launch(plan, { onDied: options.onDied })
    },
  }
}

interface Running {
  readonly child: ChildProcess
  /** Its end is news only between these two. */
  isReady: boolean
  isStopping: boolean
}

async function launch(plan: ServerPlan, options: StartOptions): Promise<Running> {
  options.signal?.throwIfAborted()
  await plan.prepare?.()
  options.signal?.throwIfAborted()
  const log = openSync(plan.logFile, 'a')
  const child = spawnBound(plan.command, {
    cwd: plan.cwd,
    env: { ...process.env, ...plan.environment },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const running: Running = { child, isReady: false, isStopping: false }
  child.on('error', () => {}) // seen as an exit without a pid
  child.once('exit', (code, signal) => {
    if (!running.isReady || running.isStopping) return
    options.onDied?.(plan.name, describeEnd(code, signal), plan.logFile)
  })
  try {
    await becomeReady(plan, child, options.signal)
    running.isReady = true
    return running
  } catch (error) {
    await end(running)
    throw error
  }
}

async function becomeReady(
  plan: ServerPlan,
  child: ChildProcess,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (Date.now() < deadline) {
    signal?.throwIfAborted()
    if (!isRunning(child)) {
      throw await startFailure(plan, describeEnd(child.exitCode, child.signalCode))
    }
    if (await plan.isReady().catch(() => false)) return
    await delay(POLL_MS)
  }
  throw await startFailure(plan, `did not answer within ${START_TIMEOUT_MS / 1_000} s`)
}

/** @returns whether it ran until now, and ended by itself. */
async function end(running: Running, withinMs = STOP_TIMEOUT_MS): Promise<boolean> {
  const { child } = running
  running.isStopping = true
  if (!isRunning(child)) return false
  const exited = once(child, 'exit')
  signalGroup(child, 'SIGTERM')
  const overdue = setTimeout(() => signalGroup(child, 'SIGKILL'), withinMs)
  await exited
  clearTimeout(overdue)
  signalGroup(child, 'SIGKILL') // whatever it started itself
  return child.signalCode === null
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exited with code ${code}` : `was killed by ${signal}`
}

/** Reasons that servers give in their log, and what to do about them. */
const knownCauses: readonly (readonly [RegExp, string])[] = [
  [/no space left on device|NOT_ENOUGH_SPACE/i, 'The disk is full: free some space.'],
  [/read-only file system/i, 'The data folder is read-only: choose another dataDir.'],
  [
    /address already in use|EADDRINUSE|port \d+ seems to be used/i,
    'A port is taken: --port-base N moves them all.',
  ],
  [
    /OutOfMemoryError|cannot allocate memory|insufficient memory/i,
    'There is not enough memory: the stack needs 1.5 GB.',
  ],
]

async function startFailure(plan: ServerPlan, what: string): Promise<StackError> {
  const log = await readFile(plan.logFile, 'utf8').catch(() => '')
  const all = log.trimEnd().split('\n')
  const lines = all.filter((line) => !/^\s+at /.test(line)).slice(-12)
  const recent = all.slice(-300).join('\n')
  const cause = knownCauses.find(([pattern]) => pattern.test(recent))
  return new StackError({
    what: `${plan.name} ${what}; its log ${plan.logFile} ends with:\n${lines.join('\n')}`,
    fix: cause?.[1] ?? 'See the log for the cause.',
    logFile: plan.logFile,
  })
}
