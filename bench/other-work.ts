import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

const LOOK_MS = 2_000
const NOTED_SHARE = 0.1

/** @returns a sentence when the machine has other work before a benchmark begins, else `null`. */
export async function noteOtherWork(): Promise<string | null> {
  const before = cpuTimes()
  await delay(LOOK_MS)
  const after = cpuTimes()
  const share = 1 - (after.idle - before.idle) / (after.all - before.all)
  if (share < NOTED_SHARE) return null
  const percent = Math.round(share * 100)
  return `**The machine had other work**, ${percent} % of its CPU before the start: of these figures only the microseconds of CPU say much.`
}

/** Since the machine started, in ticks (`/proc/stat`: user nice system idle iowait …). */
function cpuTimes(): { readonly idle: number; readonly all: number } {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  const ticks = first.split(/ +/).slice(1).map(Number)
  const [, , , idle = 0, waiting = 0] = ticks
  return { idle: idle + waiting, all: ticks.reduce((sum, each) => sum + each, 0) }
}
