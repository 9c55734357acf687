import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Attack, Target } from './attack.ts'
import type { Tally } from './tally.ts'

export interface RunningAttack {
  /** @throws when the attacker itself fails, which is no finding about ingest. */
  readonly tally: Promise<Tally>
}

export interface Orders {
  readonly target: Target
  readonly seconds: number
  /** Told the process of the attacker. */
  readonly onStarted: (pid: number) => void
  /** So many times as often as the attack says. @default 1 */
  readonly pace?: number
}

const PROGRAM = fileURLToPath(new URL('attacker.ts', import.meta.url))

/**
 * Attacks from a process of its own, so that what measures is not late because of it.
 * Resolves when the attack begins.
 */
export async function attackWith(
  { name }: Attack,
  { target, seconds, onStarted, pace = 1 }: Orders,
): Promise<RunningAttack> {
  const child = spawn(
    process.execPath,
    [PROGRAM, JSON.stringify({ name, seconds, target, pace })],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  onStarted(child.pid ?? 0)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.value !== 'ready') throw new Error(`${name} could not be prepared`)
  return { tally: lastLine() }

  async function lastLine(): Promise<Tally> {
    const { value } = await lines.next()
    if (child.exitCode === null) await once(child, 'exit')
    if (child.exitCode !== 0) throw new Error(`${name} ended with code ${child.exitCode}`)
    return JSON.parse(String(value)) as Tally // printed by our own program
  }
}
