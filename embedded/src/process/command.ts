import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'

/**
 * Runs a program that dies with this process, even when this process is killed with -9.
 * The shell closes the gap before the kernel knows of the bond: it ends if we are gone by then.
 * The child leads a process group of its own, so a Ctrl-C reaches only us and we stop in order.
 */
export function spawnBound(command: readonly string[], options: SpawnOptions): ChildProcess {
  const onlyWithParent = '[ "$PPID" = "$0" ] || exit 1; exec "$@"'
  const bond = ['--pdeathsig', 'KILL', '--', 'sh', '-c', onlyWithParent, String(process.pid)]
  return spawn('setpriv', [...bond, ...command], { ...options, detached: true })
}

export interface CommandOptions {
  readonly cwd: string
  readonly logFile: string
  readonly timeoutMs: number
  readonly environment?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal | undefined
}

/** How a command ended: its exit code, or why there is none. */
export type CommandEnd = number | 'timeout' | 'aborted' | 'not found'

/** Runs a command to its end with its output in a file; it and its children are gone afterwards. */
export async function runCommand(
  command: readonly string[],
  options: CommandOptions,
): Promise<CommandEnd> {
  if (options.signal?.aborted) return 'aborted'
  const log = openSync(options.logFile, 'a')
  const child = spawnBound(command, {
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  let stopped: 'timeout' | 'aborted' | undefined
  const stop = (reason: 'timeout' | 'aborted'): void => {
    stopped ??= reason
    signalGroup(child, 'SIGKILL')
  }
  const timer = setTimeout(() => stop('timeout'), options.timeoutMs)
  const onAbort = (): void => stop('aborted')
  options.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    await once(child, 'exit')
    signalGroup(child, 'SIGKILL') // whatever the command left behind
    return stopped ?? child.exitCode ?? 1
  } catch {
    return 'not found'
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', onAbort)
  }
}

/** Signals the child and everything it started; a group that is gone already is fine. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // ESRCH: nobody left
  }
}
