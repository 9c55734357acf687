import { readFileSync, writeFileSync } from 'node:fs'

/** Resident memory of a process, in bytes (Linux, /proc/PID/status VmRSS). */
export function memoryBytes(pid: number): number {
  return bytesOf(pid, 'VmRSS')
}

/** The most it ever had, or had since `resetPeakMemory` (VmHWM). */
export function peakMemoryBytes(pid: number): number {
  return bytesOf(pid, 'VmHWM')
}

/** Of a process of the same user: proc_pid_clear_refs(5). */
export function resetPeakMemory(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function bytesOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  return Number(kilobytes) * 1_024
}
