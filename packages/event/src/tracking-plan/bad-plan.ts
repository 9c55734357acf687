/** One thing wrong with a plan file. */
export interface PlanProblem {
  readonly file: string
  /** RFC 6901 into the file; empty for the file as a whole. */
  readonly pointer: string
  readonly expected: string
  readonly fix: string
}

/** Plans that cannot be used; every problem of every file at once. */
export class BadPlans extends Error {
  readonly problems: readonly PlanProblem[]

  constructor(problems: readonly PlanProblem[]) {
    super(problems.map(describe).join('\n'))
    this.name = 'BadPlans'
    this.problems = problems
  }
}

function describe({ file, pointer, expected, fix }: PlanProblem): string {
  return `${file} ${pointer === '' ? '(whole file)' : pointer}: expected ${expected}; fix: ${fix}`
}
