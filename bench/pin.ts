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
  const args = ['--all-tasks', '--cpu-list', '--pid', String(core), String(pid)]
  const { status, error, stderr } = spawnSync('taskset', args, { encoding: 'utf8' })
  if (status === 0) return null
  const reason = error?.message ?? stderr.trim()
  return `taskset could not pin process ${pid} to core ${core} (${reason}): it was not pinned`
}
