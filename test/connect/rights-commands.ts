// The commands of operators, run in this process as their own main.ts runs them.
import { readSetupConfig, setUp } from '@custom-events/cli'
import { readDestroyKeysConfig } from '../../cli/src/destroy-keys/config.ts'
import { runDestroyKeys } from '../../cli/src/destroy-keys/run.ts'
import { readEraseConfig } from '../../cli/src/erase/config.ts'
import { runErase } from '../../cli/src/erase/run.ts'
import { readReplayConfig } from '../../cli/src/replay/config.ts'
import { openReplay } from '../../cli/src/replay/open.ts'
import { runReplay } from '../../cli/src/replay/run.ts'
import type { Environment } from './rights-world.ts'

export interface Ended {
  readonly isDone: boolean
  /** What it printed, or why it failed. */
  readonly text: string
}

/** Its own words only: a command does not log what it says. */
async function ended(
  environment: Environment,
  run: (environment: Environment, print: (text: string) => void) => Promise<number>,
): Promise<Ended> {
  let text = ''
  try {
    const code = await run({ ...environment, LOG_LEVEL: 'error' }, (line) => (text += `${line}\n`))
    return { isDone: code === 0, text }
  } catch (error) {
    return { isDone: false, text: text + (error instanceof Error ? error.message : String(error)) }
  }
}

export function setup(environment: Environment): Promise<Ended> {
  return ended(environment, async (own, print) => {
    const { config, log } = readSetupConfig(own)
    await setUp(config, log, print)
    return 0
  })
}

/** Once the rule was mended that refused the events. */
const MENDED = { EVENT_EARLIEST_TIMESTAMP: '1990-01-01T00:00:00Z' }
const stop = new AbortController().signal

export function replay(environment: Environment): Promise<Ended> {
  return ended(environment, async (own, write) => {
    const config = readReplayConfig('rejected', { ...own, ...MENDED })
    await using resources = new AsyncDisposableStack()
    const all = { sinceMs: 0, untilMs: Date.now(), codes: [], groupId: null, isForced: false }
    const opened = await openReplay({ config, filter: all, resources, stop })
    const request = { from: 'rejected', isDryRun: false, filter: all } as const
    return await runReplay(request, { ...opened, stop }, { isTerminal: false, write })
  })
}

const inAccounts = (id: string) => ({ kind: 'user', id, within: null }) as const

export function erase(environment: Environment, user: string): Promise<Ended> {
  return ended(environment, (own, write) =>
    runErase(
      {
        kind: 'erase',
        target: inAccounts(user),
        before: null,
        isInAllAccounts: true,
        isMeant: true,
        by: 'test',
        receipt: null,
      },
      { config: readEraseConfig(own), stop },
      { isTerminal: false, write },
    ),
  )
}

export function destroyKeys(environment: Environment, user: string): Promise<Ended> {
  return ended(environment, (own, print) =>
    runDestroyKeys(
      { owner: inAccounts(user), isInAllAccounts: true, isMeant: true, by: undefined },
      { config: readDestroyKeysConfig(own), stop },
      print,
    ),
  )
}
