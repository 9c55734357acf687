import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, launchProgram, type Program } from '@custom-events/embedded'
import { readMetrics, type Scrape } from './scrape.ts'

/** A program that is kept running. */
export interface Spec {
  readonly name: string
  readonly entry: string
  /** Of the checkout whose program it is. @default this one */
  readonly repository?: string
  readonly environment: Readonly<Record<string, string>>
}

/** One process of a program, from its start to its end. */
export interface Life {
  readonly name: string
  readonly number: number
  readonly pid: number
  readonly startedAtMs: number
  endedAtMs: number | null
  exitCode: number | null
  /** The last that was heard of its counters. */
  scrape: Scrape | null
}

/** Starts programs again when they die, like the supervisor an operator would have. */
export interface Supervisor extends AsyncDisposable {
  start(spec: Spec): Promise<void>
  /** Names of the programs that are kept running. */
  names(): readonly string[]
  /** The same in every life. */
  opsPort(name: string): number
  signal(name: string, signal: NodeJS.Signals): void
  /** Ends it, gently if it hurries; the life that begins then, and only that, has these variables too. */
  restartWith(name: string, environment: Readonly<Record<string, string>>): Promise<void>
  /** SIGTERM, waited for as a supervisor does; every life after it is of this program. */
  exchange(name: string, change: (spec: Spec) => Omit<Spec, 'name'>): Promise<void>
  /** SIGTERM, and no life after it. */
  remove(name: string): Promise<void>
  /** Resolves with false when it is not ready in time. */
  becomesReady(name: string, withinMs: number): Promise<boolean>
  /** Resolves when the life that runs now has ended, or with false after so long. */
  dies(name: string, withinMs: number): Promise<boolean>
  /** Reads the counters of every program that answers. */
  scrape(): Promise<void>
  readonly lives: readonly Life[]
}

interface Kept {
  spec: Spec
  readonly opsPort: number
  program: Program
  life: Life
  once: Readonly<Record<string, string>>
  isWanted: boolean
  ended: Promise<void>
}

const RESTART_DELAY_MS = 300
const GENTLE_MS = 2_000

export function createSupervisor(options: {
  readonly environment: Readonly<Record<string, string>>
  readonly logDir: string
}): Supervisor {
  const keptByName = new Map<string, Kept>()
  const lives: Life[] = []

  const launch = (spec: Spec, opsPort: number, once: Readonly<Record<string, string>>) => {
    const program = launchProgram({
      name: spec.name,
      entry: spec.entry,
      ...(spec.repository === undefined ? {} : { repository: spec.repository }),
      environment: {
        ...options.environment,
        ...spec.environment,
        ...once,
        OPS_PORT: String(opsPort),
      },
      logFile: join(options.logDir, `${spec.name}.log`),
    })
    const life: Life = {
      name: spec.name,
      number: lives.filter(({ name }) => name === spec.name).length + 1,
      pid: program.pid,
      startedAtMs: Date.now(),
      endedAtMs: null,
      exitCode: null,
      scrape: null,
    }
    lives.push(life)
    return { program, life }
  }

  /** Ends when the program is not wanted any more. */
  const keep = async (kept: Kept): Promise<void> => {
    for (;;) {
      kept.life.exitCode = await kept.program.exited
      kept.life.endedAtMs = Date.now()
      if (kept.isWanted) await delay(RESTART_DELAY_MS)
      if (!kept.isWanted) return
      Object.assign(kept, launch(kept.spec, kept.opsPort, kept.once))
      kept.once = {}
    }
  }

  const get = (name: string): Kept => {
    const kept = keptByName.get(name)
    if (kept === undefined) throw new Error(`${name} is not kept running`)
    return kept
  }

  const remove = async (name: string): Promise<void> => {
    const kept = get(name)
    keptByName.delete(name)
    kept.isWanted = false
    kept.program.kill('SIGCONT') // a frozen process ends only when it runs
    await kept.program.stop()
    await kept.ended
  }

  return {
    lives,
    start: async (spec) => {
      const opsPort = await freePort()
      const kept: Kept = {
        spec,
        opsPort,
        ...launch(spec, opsPort, {}),
        once: {},
        isWanted: true,
        ended: Promise.resolve(),
      }
      kept.ended = keep(kept)
      keptByName.set(spec.name, kept)
    },
    names: () => [...keptByName.keys()],
    opsPort: (name) => get(name).opsPort,
    signal: (name, signal) => get(name).program.kill(signal),
    restartWith: async (name, environment) => {
      const kept = get(name)
      const { life } = kept
      kept.once = environment
      // One that leaves its group lets the next join at once; one that dies is waited for.
      kept.program.kill('SIGTERM')
      const overdue = setTimeout(() => kept.program.kill('SIGKILL'), GENTLE_MS)
      while (kept.life === life && kept.isWanted) await delay(20) // bounded by both delays
      clearTimeout(overdue)
    },
    exchange: async (name, change) => {
      const kept = get(name)
      const { life } = kept
      kept.spec = { name, ...change(kept.spec) }
      kept.program.kill('SIGCONT') // a frozen process ends only when it runs
      await kept.program.stop()
      while (kept.life === life && kept.isWanted) await delay(20) // bounded by the delay of a restart
    },
    remove,
    becomesReady: async (name, withinMs) => {
      const deadline = Date.now() + withinMs
      while (Date.now() < deadline) {
        const kept = keptByName.get(name)
        if (kept === undefined) return false
        if (await isReady(kept.opsPort)) return true
        await delay(100)
      }
      return false
    },
    dies: async (name, withinMs) => {
      const { program } = get(name)
      const patience = new AbortController()
      const tooLate = delay(withinMs, false, { signal: patience.signal }).catch(() => false)
      const isDead = await Promise.race([program.exited.then(() => true), tooLate])
      patience.abort()
      return isDead
    },
    scrape: async () => {
      await Promise.all(
        [...keptByName.values()].map(async ({ opsPort, life }) => {
          const scrape = await readMetrics(opsPort)
          if (scrape !== null) life.scrape = scrape
        }),
      )
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...keptByName.keys()].map(remove))
    },
  }
}

async function isReady(opsPort: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${opsPort}/health/ready`, {
      signal: AbortSignal.timeout(2_000),
    })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
