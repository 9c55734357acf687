import { readdirSync, readFileSync } from 'node:fs'
import { cpuSeconds } from './cpu-time.ts'
import { memoryBytes } from './memory.ts'

/** Of a process and its children that live. */
export function cpuSecondsOfTree(pid: number): number {
  return again(() => processTree(pid).reduce((sum, each) => sum + cpuSeconds(each), 0))
}

/** The same as `cpuSecondsOfTree` in microseconds, and as finely counted as the kernel does. */
export function cpuMicrosOfTree(pid: number): number {
  const nanoseconds = again(() =>
    processTree(pid)
      .flatMap((each) =>
        readdirSync(`/proc/${each}/task`).map((thread) => `${each}/task/${thread}`),
      )
      .map((task) => Number(readFileSync(`/proc/${task}/schedstat`, 'utf8').split(' ', 1)[0]))
      .reduce((sum, each) => sum + each, 0),
  )
  return nanoseconds / 1_000
}

export function memoryBytesOfTree(pid: number): number {
  return again(() => processTree(pid).reduce((sum, each) => sum + memoryBytes(each), 0))
}

const LOOKS = 20

/** A thread or a child may end while we look: what was found until then is no answer. @throws when it goes on so */
function again<T>(look: () => T): T {
  for (let left = LOOKS - 1; left > 0; left -= 1) {
    try {
      return look()
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }
  return look()
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(?:ENOENT|ESRCH)$/.test(String(error.code))
}

function processTree(pid: number): readonly number[] {
  const threads = readdirSync(`/proc/${pid}/task`)
  const children = threads.flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
  )
  return [pid, ...children.flatMap((child) => processTree(Number(child)))]
}
