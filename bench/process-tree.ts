import { readdirSync, readFileSync } from 'node:fs'
import { cpuSeconds } from './cpu-time.ts'
import { memoryBytes } from './memory.ts'

/** Of a process and its children that live. */
export function cpuSecondsOfTree(pid: number): number {
  return processTree(pid).reduce((sum, each) => sum + cpuSeconds(each), 0)
}

/** The same as `cpuSecondsOfTree` in microseconds, and as finely counted as the kernel does. */
export function cpuMicrosOfTree(pid: number): number {
  let nanoseconds = 0
  for (const each of processTree(pid)) {
    for (const thread of readdirSync(`/proc/${each}/task`)) {
      nanoseconds += Number(
        readFileSync(`/proc/${each}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0],
      )
    }
  }
  return nanoseconds / 1_000
}

export function memoryBytesOfTree(pid: number): number {
  return processTree(pid).reduce((sum, each) => sum + memoryBytes(each), 0)
}

function processTree(pid: number): readonly number[] {
  const threads = readdirSync(`/proc/${pid}/task`)
  const children = threads.flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
  )
  return [pid, ...children.flatMap((child) => processTree(Number(child)))]
}
