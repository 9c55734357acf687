import { statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { cpuSeconds } from '../../bench/cpu-time.ts'
import { memoryBytes, peakMemoryBytes, resetPeakMemory } from '../../bench/memory.ts'
import { attackWith } from './attack-with.ts'
import type { Attack } from './attack.ts'
import { costAlone } from './cost-alone.ts'
import type { IngestUnderAttack } from './ingest-under-attack.ts'
import { watchNeighbour, type NeighbourReport } from './neighbour.ts'
import { unitsOf, type Tally } from './tally.ts'

/** What an attack did to others. */
export interface Harm {
  readonly attack: string
  readonly sends: string
  readonly isKeyed: boolean
  readonly seconds: number
  readonly neighbour: NeighbourReport
  /** Of the neighbour before the attack. */
  readonly quietP99Ms: number
  readonly idleRssBytes: number
  readonly peakRssBytes: number
  readonly attacker: Tally
  /** Processor time of ingest beyond what the neighbour alone costs. */
  readonly cpuSeconds: number
  /** Of that, for each request or 64 KiB on the wire. */
  readonly cpuMsPerUnit: number
  /** What ingest wrote to its log meanwhile. */
  readonly logBytes: number
  /** Of ingest, when it ended. */
  readonly exitCode: number | null
}

export interface Measuring {
  readonly seconds: number
  /** Of the warm-up, and then of the neighbour alone. */
  readonly quietSeconds: number
  readonly neighbourPerSecond: number
  /** Told the attacker's process, which may be kept off the measured core. */
  readonly onAttacker: (pid: number) => void
}

/** What was taken before the attack ended may be answered only after it. */
const AFTERMATH_MS = 1_000
/** From here on a cost that is limited is measured once more, without the neighbour. */
const DOUBTFUL_CPU_MS = 0.5
const WARM_UP_REQUESTS_PER_SECOND = 300

/** Measures an attack on an ingest that nobody has attacked yet. */
export async function measureHarm(
  ingest: IngestUnderAttack,
  attack: Attack,
  { seconds, quietSeconds, neighbourPerSecond, onAttacker }: Measuring,
): Promise<Harm> {
  const { target, pid, logFile, exitCode } = ingest
  const quietMs = quietSeconds * 1_000
  const watch = (ms: number, perSecond = neighbourPerSecond) =>
    watchNeighbour(target, perSecond, AbortSignal.timeout(ms))
  await watch(quietMs, WARM_UP_REQUESTS_PER_SECOND)
  const quietFrom = cpuSeconds(pid)
  const quiet = await watch(quietMs)
  const quietCpuPerSecond = (cpuSeconds(pid) - quietFrom) / quietSeconds
  const idleRssBytes = memoryBytes(pid)
  resetPeakMemory(pid)

  const running = await attackWith(attack, { target, seconds, onStarted: onAttacker })
  const startedAt = performance.now()
  const cpuFrom = cpuSeconds(pid)
  const logFrom = statSync(logFile).size
  const watching = watch(seconds * 1_000 + AFTERMATH_MS)
  const [neighbour, attacker] = await Promise.all([watching, running.tally])
  await delay(0) // an exit that was just seen is told first
  const isGone = exitCode() !== null
  const tookSeconds = (performance.now() - startedAt) / 1_000
  const spent = isGone ? NaN : cpuSeconds(pid) - cpuFrom - quietCpuPerSecond * tookSeconds
  const logBytes = statSync(logFile).size - logFrom
  const peakRssBytes = isGone ? NaN : peakMemoryBytes(pid)
  const besideNeighbour = Math.max(0, spent * 1_000) / unitsOf(attacker)
  const isDoubtful = !isGone && !attack.isKeyed && besideNeighbour > DOUBTFUL_CPU_MS
  return {
    attack: attack.name,
    sends: attack.sends,
    isKeyed: attack.isKeyed,
    seconds,
    neighbour,
    quietP99Ms: quiet.p99Ms,
    idleRssBytes,
    peakRssBytes,
    attacker,
    cpuSeconds: Math.max(0, spent),
    cpuMsPerUnit: isDoubtful
      ? await costAlone(ingest, attack, seconds, onAttacker)
      : besideNeighbour,
    logBytes,
    exitCode: exitCode(),
  }
}
