import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** The core of what is measured, and the one of everything else; the same on a machine with one. */
export const MEASURED_CORE = 0
export const OTHER_CORE = availableParallelism() > 1 ? 1 : 0

/**
 * Keeps all threads of a process, and those it will start, on one core.
 *
 * @returns a sentence when it could not be done; the figures are then of a process that may wander.
 */
export function pin(pid: number, core: number): string | null {
  return keepTo(pid, String(core))
}

/** Lets a process have every core again. @returns as `pin` */
export function unpin(pid: number): string | null {
  return keepTo(pid, `0-${availableParallelism() - 1}`)
}

function keepTo(pid: number, cores: string): string | null {
  const args = ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)]
  const { status, error, stderr } = spawnSync('taskset', args, { encoding: 'utf8' })
  if (status === 0) return null
  const reason = error?.message ?? stderr.trim()
  return `taskset could not keep process ${pid} to core ${cores} (${reason}): it was not pinned`
}
