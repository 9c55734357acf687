import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { applyEdits, copyRepository } from '../tools/patched-copy.ts'
import { sabotages, type Sabotage } from './sabotages/index.ts'

export interface Verdict {
  readonly name: string
  /** What turned red, or null when nothing did. */
  readonly caughtBy: 'interleavings' | 'harness' | 'scenario' | null
  readonly seconds: number
  /** The first lines that say why. */
  readonly why: string
}

const WORKSHOP = ['chaos', 'tools', 'test']
const INTERLEAVINGS = 'services/consumer/src/consume.test.ts'
const LIMIT_MS = 240_000
/** A run mostly waits: for servers to start, and for sessions to time out. */
const AT_ONCE = 2

/**
 * Breaks a copy of the repository in every known way, one at a time, and runs the interleavings and then
 * the harness on it. The untouched copy is run first: it must stay green, or a red run would prove nothing.
 */
export async function sabotageAll(options: {
  readonly seed: number
  /** Only those whose names hold one of these texts, separated by commas. */
  readonly only: string
  readonly say: (line: string) => void
}): Promise<readonly Verdict[]> {
  const { seed, only, say } = options
  const verdicts: Verdict[] = []
  const isWanted = ({ name }: Sabotage): boolean =>
    only.split(',').some((text) => name.includes(text))
  const untouched: Sabotage = {
    name: 'nothing (must stay green)',
    edits: [],
    kinds: ['poison'],
    hasErasures: true,
  }
  const all = [untouched, ...sabotages.filter(isWanted)]
  let next = 0
  const workOff = async (): Promise<void> => {
    for (let index = next++; index < all.length; index = next++) {
      const sabotage = all[index]
      if (sabotage === undefined) return
      say(`${index} of ${all.length - 1}: ${sabotage.name}`)
      const verdict = await tryOut(sabotage, seed)
      const { name, caughtBy, seconds, why } = verdict
      verdicts[index] = verdict
      say(
        `${name}: ${caughtBy === null ? 'NOT caught' : `caught by the ${caughtBy}`} in ${seconds} s ${why}`,
      )
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, workOff))
  return verdicts
}

async function tryOut(sabotage: Sabotage, seed: number): Promise<Verdict> {
  const startedAt = performance.now()
  const folder = copyRepository(WORKSHOP)
  try {
    applyEdits(folder, sabotage.edits)
    const verdict = (caughtBy: Verdict['caughtBy'], why: string): Verdict => ({
      name: sabotage.name,
      caughtBy,
      seconds: Math.round((performance.now() - startedAt) / 1_000),
      why,
    })
    const touchesConsumer = sabotage.edits.some(({ file }) => file.startsWith('services/consumer'))
    if (touchesConsumer || sabotage.edits.length === 0) {
      const { code, output } = await runNode(folder, ['--test', INTERLEAVINGS])
      if (code !== 0) return verdict('interleavings', firstRed(output))
    }
    if (sabotage.scenario !== undefined) {
      const { name, says } = sabotage.scenario
      const args = ['--world', '--only', name, '--seed', String(seed)]
      const { output } = await runNode(folder, ['chaos/main.ts', ...args])
      return verdict(isRedFor(says, output) ? 'scenario' : null, firstRed(output))
    }
    const harness = await runNode(folder, harnessArguments(sabotage, seed))
    // A run that could not be finished has judged nothing.
    const isJudged = harness.output.includes('**NO**')
    return verdict(isJudged ? 'harness' : null, firstRed(harness.output))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function harnessArguments(
  { kinds, hasErasures = false, shards = 1 }: Sabotage,
  seed: number,
): readonly string[] {
  const faults = kinds.length === 0 ? [] : ['--kinds', [...new Set(kinds)].join(',')]
  const count = String(kinds.length)
  const size = ['--events', '6000', '--minutes', '0.25', '--faults', count]
  const patience = ['--drain-seconds', '60', '--shrink-runs', '0']
  const erasures = hasErasures ? [] : ['--without-erasures']
  const spread = ['--shards', String(shards)]
  return [
    'chaos/main.ts',
    '--seed',
    String(seed),
    ...size,
    ...patience,
    ...faults,
    ...erasures,
    ...spread,
  ]
}

async function runNode(
  cwd: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> {
  const child = spawn(process.execPath, [...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  }
  const overdue = setTimeout(() => child.kill('SIGTERM'), LIMIT_MS)
  await once(child, 'close')
  clearTimeout(overdue)
  return { code: child.exitCode ?? 1, output: Buffer.concat(chunks).toString('utf8') }
}

/** A row of the table that is red, and says why. Setup that failed, or a stack that did not start, is no answer. */
export function isRedFor(says: RegExp, output: string): boolean {
  return output.split('\n').some((line) => line.includes('| **RED** |') && says.test(line))
}

function firstRed(output: string): string {
  if (/^PROVEN in/m.test(output)) return '(PROVEN)'
  const lines = output.split('\n')
  const red = lines
    .filter((line) => /\*\*(NO|RED)\*\*|AssertionError|Error:/.test(line))
    .slice(0, 2)
  return `(${red.map((line) => line.trim().slice(0, 140)).join(' · ')})`
}
