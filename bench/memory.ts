import { readFileSync } from 'node:fs'

/** Resident memory of a process, in bytes (Linux, /proc/PID/status VmRSS). */
export function memoryBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  return Number(kilobytes) * 1_024
}
