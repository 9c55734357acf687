import type { Verdict } from './try.ts'

export interface Summary {
  readonly seed: number
  readonly seconds: number
  readonly repository: string | null
  readonly verdicts: readonly Verdict[]
}

const MAX_DETAIL = 400

/** The table that a person reads. */
export function renderTable({ seed, seconds, repository, verdicts }: Summary): string {
  const red = verdicts.filter(({ isGreen }) => !isGreen)
  const of = repository === null ? '' : ` of the programs in ${repository}`
  return [
    '| scenario | kind | verdict | seconds | not ready after | detail |',
    '| --- | --- | --- | ---: | ---: | --- |',
    ...verdicts.map(row),
    '',
    ...red.map(({ folder }) => `logs: ${folder}`),
    `${red.length === 0 ? 'GREEN' : 'RED'}: ${verdicts.length - red.length} of ${verdicts.length}` +
      ` scenarios${of} hold, in ${seconds} s; seed ${seed}`,
  ].join('\n')
}

function row({ scenario, isGreen, seconds, notReadyMs, detail }: Verdict): string {
  const short = detail.length > MAX_DETAIL ? `${detail.slice(0, MAX_DETAIL)}…` : detail
  const cells = [
    scenario.name,
    scenario.kind,
    isGreen ? 'green' : '**RED**',
    seconds.toFixed(1),
    notReadyMs === null ? '' : `${notReadyMs} ms`,
    short.replaceAll('|', '\\|'),
  ]
  return `| ${cells.join(' | ')} |`
}

export function renderJson({ seed, seconds, repository, verdicts }: Summary): string {
  const scenarios = verdicts.map(({ scenario, ...rest }) => ({
    name: scenario.name,
    kind: scenario.kind,
    ...rest,
  }))
  return JSON.stringify({ seed, seconds, repository, scenarios }, null, 2)
}
