import { setTimeout as delay } from 'node:timers/promises'
import { runErase } from '../test/support/erase-command.ts'
import type { Account } from './accounts.ts'
import type { Check } from './checks.ts'
import type { World } from './world.ts'

/** Said by the command when a step is reached: there it is killed, once each. */
const STEPS = [
  /announced:/,
  /no query of events/,
  /rollups and catalogue/,
  /settled:/,
  /rewritten:/,
]
const AGAIN_AFTER_MS = 1_000

/** How the erasure of an account went. */
export interface ErasureRun {
  readonly kills: number
  readonly runs: number
  readonly isDone: boolean
  /** What it said last. */
  readonly said: string
}

/**
 * Erases an account while everything else goes on: killed at each step, and gone on with until it is done, whatever is away
 * meanwhile.
 *
 * @param options.settleSeconds longer than a consumer may go on without knowing, and than any insert takes here.
 */
export async function eraseAmidst(options: {
  readonly world: Pick<World, 'environment'>
  readonly account: Account
  readonly afterMs: number
  readonly settleSeconds: number
  readonly say: (line: string) => void
  /** Gives up then. */
  readonly signal: AbortSignal
}): Promise<ErasureRun> {
  const { world, account, settleSeconds, say, signal } = options
  await delay(options.afterMs, null, { signal }).catch(() => {})
  say(`erasing ${account.groupId}`)
  const environment = { ...world.environment, ERASE_SETTLE_SECONDS: String(settleSeconds) }
  let kills = 0
  for (let runs = 1; ; runs++) {
    const killAt = STEPS[kills]
    const { code, stdout, stderr } = await runErase(['--group', account.groupId, '--yes'], {
      environment,
      ...(killAt === undefined ? {} : { killAt }),
    })
    const said = `${stdout}${stderr}`.trim().slice(-600)
    if (code === null) kills++
    if (code === 0 || signal.aborted) {
      say(`erased after ${runs} runs, ${kills} of them killed`)
      return { kills, runs, isDone: code === 0, said }
    }
    await delay(AGAIN_AFTER_MS, null, { signal }).catch(() => {})
  }
}

export function checkErasure({ isDone, kills, runs, said }: ErasureRun): Check {
  return {
    name: 'erasure',
    isHeld: isDone && kills === STEPS.length,
    found: `${isDone ? 'done' : 'not done'} in ${runs} runs, ${kills} of ${STEPS.length} steps with a kill`,
    samples: isDone ? [] : [said],
  }
}
