import { setTimeout as delay } from 'node:timers/promises'
import { cpuMicrosOfTree } from '../../bench/process-tree.ts'
import { attackWith } from './attack-with.ts'
import type { Attack } from './attack.ts'
import type { IngestUnderAttack } from './ingest-under-attack.ts'
import { unitsOf } from './tally.ts'

const IDLE_MS = 3_000
const MAX_SECONDS = 10
/**
 * So many times as often as the attack: a processor that sleeps in between makes a request cost several times what it costs
 * whoever is to be harmed by it. A server of bare Node that only answers takes 1.1 ms for each of 20 a second and 0.26 ms for
 * each of 200.
 */
const PACE = 10
/** What was taken before the attack ended may be answered only after it. */
const AFTERMATH_MS = 1_000

/**
 * Milliseconds of processor time for each request or 64 KiB of an attack, of an ingest that has nothing else to do.
 * Beside a neighbour it cannot be told from how the neighbour's own cost changes, by a hundredth of a core, where an attack is
 * ten small requests a second.
 */
export async function costAlone(
  { target, pid }: Pick<IngestUnderAttack, 'target' | 'pid'>,
  attack: Attack,
  seconds: number,
  onAttacker: (pid: number) => void,
): Promise<number> {
  const idleFrom = cpuMicrosOfTree(pid)
  const idleAt = performance.now()
  await delay(IDLE_MS)
  const idlePerMs = (cpuMicrosOfTree(pid) - idleFrom) / (performance.now() - idleAt)

  const running = await attackWith(attack, {
    target,
    seconds: Math.min(seconds, MAX_SECONDS),
    onStarted: onAttacker,
    pace: PACE,
  })
  const from = cpuMicrosOfTree(pid)
  const startedAt = performance.now()
  const attacker = await running.tally
  await delay(AFTERMATH_MS)
  const spent = cpuMicrosOfTree(pid) - from - idlePerMs * (performance.now() - startedAt)
  return Math.max(0, spent) / 1_000 / unitsOf(attacker)
}
