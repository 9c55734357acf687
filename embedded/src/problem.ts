/** Something that keeps the stack from starting, in words for the person who started it. */
export interface Problem {
  readonly what: string
  readonly found: string
  readonly fix: string
}

/** The stack cannot start or go on. The message says what, where and how to fix it. */
export class StackError extends Error {
  readonly what: string
  readonly fix: string
  readonly logFile: string | undefined

  constructor(
    details: { readonly what: string; readonly fix: string; readonly logFile?: string },
    options?: ErrorOptions,
  ) {
    super(`${details.what}\n${details.fix}`, options)
    this.name = 'StackError'
    this.what = details.what
    this.fix = details.fix
    this.logFile = details.logFile
  }
}

export const dockerInstead = 'or use the servers in Docker instead: docker compose up -d --wait'

/** One error for all problems that are known before anything starts. */
export function cannotStart(problems: readonly Problem[]): StackError {
  const lines = problems.map(({ what, found, fix }) => `  - ${what}: ${found}. ${fix}`)
  return new StackError({
    what: `the embedded servers cannot start here:\n${lines.join('\n')}`,
    fix: `Fix the above, ${dockerInstead}`,
  })
}
