import { readFileSync } from 'node:fs'

/** Linux counts CPU time in hundredths of a second whatever the kernel's own tick (USER_HZ). */
const TICKS_PER_SECOND = 100

/** Seconds of CPU, user and system, that a process has used (Linux, /proc/PID/stat utime and stime). */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name before ")" may hold blanks; utime and stime are fields 14 and 15, the name is field 2.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
