import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface EraseEnded {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

/** Little, so that tests need not wait as long as consumers that may be anywhere. */
export const QUICK_ERASURES = { ERASE_SETTLE_SECONDS: '2', ERASURES_MAX_AGE_MS: '1000' }

/**
 * `custom-events erase` as an operator runs it.
 *
 * @param options.killAt killed with SIGKILL as soon as it has said this.
 */
export async function runErase(
  args: readonly string[],
  options: {
    readonly environment: Readonly<Record<string, string>>
    readonly killAt?: RegExp
  },
): Promise<EraseEnded> {
  const child = spawn(process.execPath, ['cli/src/main.ts', 'erase', ...args], {
    cwd: REPOSITORY,
    env: { PATH: process.env['PATH'], ...QUICK_ERASURES, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    if (options.killAt?.test(stdout) === true) child.kill('SIGKILL')
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr }
}

/** The receipt that it printed. */
export function receiptIn({ stdout }: EraseEnded): Record<string, unknown> {
  const text = /^\{\n[^]*?\n\}$/m.exec(stdout)?.[0] ?? 'null'
  return JSON.parse(text) as Record<string, unknown> // the caller knows its members
}
