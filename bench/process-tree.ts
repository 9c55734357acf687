import { readdirSync, readFileSync } from 'node:fs'
import { cpuSeconds } from './cpu-time.ts'
import { memoryBytes } from './memory.ts'

/** Of a process and its children that live. */
export function cpuSecondsOfTree(pid: number): number {
  return processTree(pid).reduce((sum, each) => sum + cpuSeconds(each), 0)
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
