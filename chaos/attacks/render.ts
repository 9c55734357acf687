import { table } from '../../tools/markdown.ts'
import type { Harm } from './harm.ts'
import { brokenLimits, HARM_LIMITS, type HarmLimits } from './limits.ts'

const MEBIBYTE = 1_024 ** 2
const COLUMNS = [
  'attack',
  'sent',
  'neighbour: p99 (before), failed',
  'memory, above idle',
  'processor time a unit',
  'answers',
  'held',
]

/** A Markdown table, an attack a row. */
export function renderHarms(harms: readonly Harm[], limits: HarmLimits = HARM_LIMITS): string {
  return table(
    COLUMNS,
    harms.map((harm) => cellsOf(harm, limits)),
  )
}

function cellsOf(harm: Harm, limits: HarmLimits): readonly string[] {
  const { neighbour, attacker } = harm
  const failed = Object.values(neighbour.failed).reduce((sum, count) => sum + count, 0)
  const grown = Math.round((harm.peakRssBytes - harm.idleRssBytes) / MEBIBYTE)
  const broken = brokenLimits(harm, limits)
  return [
    `\`${harm.attack}\`: ${harm.sends}`,
    `${attacker.requests} (${megabytes(attacker.wireBytes)})`,
    `${round(neighbour.p99Ms)} ms (${round(harm.quietP99Ms)}), ${failed} of ${neighbour.sent}`,
    `${grown} MiB`,
    harm.isKeyed ? `${round(harm.cpuMsPerUnit)} ms, with a key` : `${round(harm.cpuMsPerUnit)} ms`,
    answersText(attacker.answers),
    broken.length === 0 ? 'yes' : `**NO**: ${broken.join('; ')}`,
  ]
}

/** The most frequent first. */
function answersText(answers: Readonly<Record<string, number>>): string {
  const list = Object.entries(answers).toSorted(([, a], [, b]) => b - a)
  return list.map(([answer, count]) => `${count} × ${answer}`).join(', ')
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${round(bytes / 1e3)} KB` : `${round(bytes / 1e6)} MB`
}

function round(value: number): string {
  return String(value >= 100 ? Math.round(value) : Math.round(value * 100) / 100)
}
