import type { Harm } from './harm.ts'

/** What no attack may do to others. */
export interface HarmLimits {
  readonly neighbourP99Ms: number
  /** Of ingest, above what it had before. */
  readonly rssAboveIdleBytes: number
  /** Of whoever has no key: for each request, or 64 KiB on the wire where that is more. */
  readonly cpuMsPerUnit: number
  /** Of its log. */
  readonly logBytesPerSecond: number
}

const MEBIBYTE = 1_024 ** 2

export const HARM_LIMITS: HarmLimits = {
  neighbourP99Ms: 250,
  rssAboveIdleBytes: (64 + 64) * MEBIBYTE, // the budget of bodies, and as much again
  cpuMsPerUnit: 1,
  logBytesPerSecond: 4_096,
}

/** @returns a sentence for each limit that an attack broke. */
export function brokenLimits(harm: Harm, limits: HarmLimits): readonly string[] {
  const { neighbour, attacker, exitCode } = harm
  const failures = Object.entries(neighbour.failed).map(([what, count]) => `${count} × ${what}`)
  const grownBytes = harm.peakRssBytes - harm.idleRssBytes
  const wrong = Object.keys(attacker.answers).filter((answer) => /^5(?!03)/.test(answer))
  const checks: readonly (readonly [isBroken: boolean, sentence: string])[] = [
    [exitCode !== null, `ingest ended with code ${exitCode}`],
    [failures.length > 0, `the neighbour failed: ${failures.join(', ')}`],
    [
      !(neighbour.p99Ms <= limits.neighbourP99Ms),
      `the neighbour's p99 was ${Math.round(neighbour.p99Ms)} ms`,
    ],
    [
      !(grownBytes <= limits.rssAboveIdleBytes),
      `memory grew by ${Math.round(grownBytes / MEBIBYTE)} MiB`,
    ],
    [
      !harm.isKeyed && !(harm.cpuMsPerUnit <= limits.cpuMsPerUnit),
      `${harm.cpuMsPerUnit.toFixed(2)} ms of processor time for each request or 64 KiB, without a key`,
    ],
    [
      !(harm.logBytes <= limits.logBytesPerSecond * harm.seconds),
      `the log grew by ${harm.logBytes} bytes`,
    ],
    [wrong.length > 0, `the attacker was answered ${wrong.join(', ')}`],
    [
      Object.keys(attacker.answers).length === 0,
      'the attacker saw nothing at all: this measured nothing',
    ],
  ]
  return checks.flatMap(([isBroken, sentence]) => (isBroken ? [sentence] : []))
}
