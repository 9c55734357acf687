import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** The process ids of everything that descends from a process, at this moment. */
export function descendants(pid: number): readonly number[] {
  const threads = `/proc/${pid}/task`
  if (!existsSync(threads)) return []
  const children = readdirSync(threads).flatMap((thread) => {
    try {
      return readFileSync(`${threads}/${thread}/children`, 'utf8')
        .split(' ')
        .filter(Boolean)
        .map(Number)
    } catch {
      return [] // the thread is gone
    }
  })
  return children.flatMap((child) => [child, ...descendants(child)])
}

/** Whether the process runs; one that only waits to be collected by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
