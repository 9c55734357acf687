import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { spawnBound } from './command.ts'

/** One of our own programs as a child process that never outlives this one. */
export interface Program extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  readonly logFile: string
  /** Resolves with the exit code (128 + n for signal n) whenever the process ends. */
  readonly exited: Promise<number>
  /** SIGTERM, then SIGKILL after 35 s. Resolves when the process is gone. */
  stop(): Promise<void>
  kill(signal: NodeJS.Signals): void
}

export interface ProgramOptions {
  readonly name: string
  /** The file to run, from the root of the repository: `services/ingest/src/main.ts`. */
  readonly entry: string
  /** What comes before it. @default nothing */
  readonly nodeFlags?: readonly string[]
  /** What follows it. @default nothing */
  readonly args?: readonly string[]
  /** Another checkout, whose file is run. @default this one */
  readonly repository?: string
  /** Only these variables and `INHERITED` reach the program. */
  readonly environment: Readonly<Record<string, string>>
  readonly logFile: string
  /** Polled until it answers 200. */
  readonly readyUrl: string
  readonly signal?: AbortSignal
}

const READY_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 35_000
const repository = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * Starts a program and waits until it says it is ready.
 * @throws when it exits first or is not ready within 30 s, with the end of its log.
 */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const program = launchProgram(options)
  try {
    await becomeReady(program, options)
    return program
  } catch (error) {
    await program.stop()
    throw error
  }
}

/** Starts a program without waiting for it. */
export function launchProgram(options: Omit<ProgramOptions, 'readyUrl'>): Program {
  const log = openSync(options.logFile, 'a')
  const { nodeFlags = [], entry, args = [] } = options
  const child = spawnBound([process.execPath, ...nodeFlags, entry, ...args], {
    cwd: options.repository ?? repository,
    env: { ...inherited(), ...options.environment },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const exited = once(child, 'exit').then(() => child.exitCode ?? 128)
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null
  const stop = async (): Promise<void> => {
    if (!isRunning()) return
    child.kill('SIGTERM')
    const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(overdue)
  }
  return {
    name: options.name,
    pid: child.pid ?? 0,
    logFile: options.logFile,
    exited,
    stop,
    kill: (signal) => void child.kill(signal),
    [Symbol.asyncDispose]: stop,
  }
}

const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'NODE_OPTIONS', 'NODE_COMPILE_CACHE']

function inherited(): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

async function becomeReady(program: Program, options: ProgramOptions): Promise<void> {
  let end: string | null = null
  void program.exited.then((code) => (end = `exited with code ${code} while starting`))
  const deadline = Date.now() + READY_TIMEOUT_MS
  let lastAnswer = 'no answer'
  while (Date.now() < deadline) {
    options.signal?.throwIfAborted()
    if (end !== null) throw failure(program, end)
    try {
      const response = await fetch(options.readyUrl, { signal: AbortSignal.timeout(2_000) })
      if (response.ok) return
      lastAnswer = await response.text()
    } catch {
      // not listening yet
    }
    await delay(50)
  }
  throw failure(program, `was not ready within ${READY_TIMEOUT_MS / 1_000} s (${lastAnswer})`)
}

function failure(program: Program, what: string): Error {
  const lines = readFileSync(program.logFile, 'utf8').trimEnd().split('\n').slice(-10)
  return new Error(
    `${program.name} ${what}; its log ${program.logFile} ends with:\n${lines.join('\n')}`,
  )
}
