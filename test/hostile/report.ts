import type { Answer } from './client.ts'
import { codeOf } from './judge.ts'
import type { Input } from './input.ts'

/** Counts and faults of a run. */
export interface Report {
  readonly seed: number
  inputs: number
  /** The machine was too busy for all of them. */
  isCutShort: boolean
  readonly countsByFamily: Map<string, Map<string, number>>
  readonly faults: string[]
  faultCount: number
  readonly figures: Record<string, string | number>
}

export function startReport(seed: number): Report {
  return {
    seed,
    inputs: 0,
    isCutShort: false,
    countsByFamily: new Map(),
    faults: [],
    faultCount: 0,
    figures: {},
  }
}

/** So many faults are told in full; a broken product has thousands of the same. */
const MAX_TOLD = 20

export function addFault(report: Report, what: string): void {
  report.faultCount += 1
  if (report.faults.length < MAX_TOLD) report.faults.push(what)
}

export function countAnswer(report: Report, input: Pick<Input, 'family'>, answer: Answer): void {
  const counts = report.countsByFamily.get(input.family) ?? new Map<string, number>()
  const code = codeOf(answer)
  counts.set(code, (counts.get(code) ?? 0) + 1)
  report.countsByFamily.set(input.family, counts)
  report.inputs += 1
}

/** The seed, a table of families and answers, and what was measured. */
export function showReport(report: Report): string {
  const lines = [...report.countsByFamily].map(([family, counts]) => {
    const sum = [...counts.values()].reduce((all, count) => all + count, 0)
    const answers = [...counts]
      .toSorted((a, b) => b[1] - a[1])
      .map(([code, count]) => `${code} ${count}`)
    return `${String(sum).padStart(6)}  ${family.padEnd(34)} ${answers.join(' · ')}`
  })
  const figures = Object.entries(report.figures).map(([name, value]) => `        ${name}: ${value}`)
  const head = `hostile inputs, seed ${report.seed}`
  const end = `${String(report.inputs).padStart(6)}  inputs in all, ${report.faultCount} faults`
  return [
    head,
    ...lines,
    end,
    ...figures,
    ...report.faults.map((fault) => `FAULT   ${fault}`),
  ].join('\n')
}
