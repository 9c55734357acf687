import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { fromOurs } from './from-ours.ts'

export interface CliEnded {
  /** null: it was killed. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly environment: Readonly<Record<string, string>>
  /** Killed with SIGKILL as soon as it has said this. */
  readonly killAt?: RegExp
  /** Told what it has said so far, at every piece. */
  readonly onSaid?: (stdout: string) => void
  /** Another checkout, whose command it is. @default this one */
  readonly repository?: string
  /** Killed with SIGKILL then. */
  readonly signal?: AbortSignal
}

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

/** `custom-events`, as an operator runs it: nothing of our own environment but where programs are. */
export async function runCli(
  args: readonly string[],
  { environment, repository = REPOSITORY, killAt, onSaid, signal }: CliOptions,
): Promise<CliEnded> {
  const child = spawn(process.execPath, ['cli/src/main.ts', ...args], {
    cwd: repository,
    env: { ...fromOurs(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = (): void => void child.kill('SIGKILL')
  signal?.addEventListener('abort', kill)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    onSaid?.(stdout)
    if (killAt?.test(stdout) === true) kill()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  if (signal?.aborted === true) kill()
  await once(child, 'close')
  signal?.removeEventListener('abort', kill)
  return { code: child.exitCode, stdout, stderr }
}
