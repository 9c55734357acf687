import { readdirSync, readFileSync } from 'node:fs'

const WALKS = 200

/**
 * The process ids of everything that descends from a process, at one moment.
 *
 * Processes end while we look, and their children are then somebody else's: a walk on which one has vanished is no answer, and
 * is begun again. `/proc/PID/task/TID/children` would be shorter, and leaves out some when another ends.
 */
export function descendants(pid: number): readonly number[] {
  const parents = onOneWalk(parentByProcess)
  const below = (parent: number): readonly number[] =>
    [...parents].flatMap(([child, its]) => (its === parent ? [child, ...below(child)] : []))
  return below(pid)
}

/** What `look` finds on a walk on which nothing vanished. @throws when each of many walks was no answer */
export function onOneWalk<T>(look: (onVanished: () => void) => T): T {
  for (let walk = 1; ; walk += 1) {
    let hasVanished = false
    const found = look(() => (hasVanished = true))
    if (!hasVanished) return found
    if (walk === WALKS) throw new Error(`processes ended on each of ${WALKS} looks through /proc`)
  }
}

function parentByProcess(onVanished: () => void): ReadonlyMap<number, number> {
  const parents = new Map<number, number>()
  for (const pid of processes()) {
    const fields = statOf(pid)
    if (fields === null) onVanished()
    else parents.set(pid, Number(fields[1]))
  }
  return parents
}

/** Of everybody, at this moment. */
export function processes(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** Whether the process runs; one that only waits to be collected by its parent does not. */
export function isAlive(pid: number): boolean {
  const fields = statOf(pid)
  return fields !== null && fields[0] !== 'Z'
}

/** From the state on, which is followed by the parent: proc_pid_stat(5). null: it is gone. */
function statOf(pid: number): readonly string[] | null {
  const stat = readIfThere(`/proc/${pid}/stat`)
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name may hold blanks
}

/**
 * Variables it was started with, as NAME=value; null: it is gone. A process that is not ours to look into has none, nor has
 * one of the kernel or one that only waits to be collected: of those that file is gone (ESRCH) while they are there.
 */
export function variablesOf(pid: number): readonly string[] | null {
  try {
    const variables = readIfThere(`/proc/${pid}/environ`)
    if (variables !== null) return variables.split('\0')
    return statOf(pid) === null ? null : []
  } catch (error) {
    if (codeOf(error) === 'EACCES') return []
    throw error
  }
}

/** A file of /proc; null when its process or thread is gone. @throws what else went wrong */
export function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    // Opened while it was there, read when it was not: ESRCH.
    if (['ENOENT', 'ESRCH'].includes(codeOf(error))) return null
    throw error
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
