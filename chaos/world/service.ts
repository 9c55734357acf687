import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Program } from '@custom-events/embedded'
import { descendants } from '../../test/support/processes.ts'
import { readMetrics, type Scrape } from '../scrape.ts'
import { until } from './until.ts'

const NOT_READY_WITHIN_MS = 60_000
const READY_WITHIN_MS = 60_000
const STEADY_MS = 1_000

/** A line of a service's log. */
export interface LogLine {
  readonly level: string
  readonly text: string
  /** All of it, as it was written. */
  readonly line: string
}

export interface Readiness {
  /** 200, 503, or 0 when nobody answers. */
  readonly status: number
  readonly text: string
}

/** A running ingest or consumer. It is not started again when it ends. */
export interface Service {
  readonly name: string
  readonly pid: number
  readonly opsPort: number
  readonly logFile: string
  /** Resolves with its exit code, 128 after a signal that ended it. */
  readonly exited: Promise<number>
  readiness(): Promise<Readiness>
  becomesReady(withinMs?: number): Promise<void>
  /**
   * 503 for a reason that matches, within the 30 s that are promised, and still so a moment later: while a
   * group is rebalanced everybody is not ready. @returns after how long.
   */
  becomesNotReady(reason: RegExp, withinMs?: number): Promise<number>
  /** The sum of a metric's samples, of those with this label if it is given: `cause="codec"`; null without any. */
  metric(name: string, label?: string): Promise<number | null>
  scrape(): Promise<Scrape>
  log(): readonly LogLine[]
  /** Lines of level `warn` and above that match. */
  warnings(pattern: RegExp): readonly LogLine[]
  /** Of level `warn` or above. @returns the first that matches. */
  warns(pattern: RegExp, withinMs?: number): Promise<LogLine>
  kill(signal: NodeJS.Signals): void
  /** Signals every process of it at once, as a supervisor of a control group does. */
  signalAll(signal: NodeJS.Signals): void
  /** SIGTERM. @returns its exit code. */
  stop(): Promise<number>
}

export interface Observing {
  readonly signal: AbortSignal
  /** Every limit of time is so many times as long, on a machine that others use. */
  readonly patience: number
  readonly onNotReady: (tookMs: number) => void
}

export function observe(program: Program, opsPort: number, options: Observing): Service {
  const { name, pid, logFile, exited } = program
  const { signal, patience } = options
  const url = `http://127.0.0.1:${opsPort}/health/ready`
  let end: number | null = null
  void exited.then((code) => (end = code))

  const readiness = async (): Promise<Readiness> => {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
      return { status: response.status, text: await response.text() }
    } catch {
      return { status: 0, text: end === null ? 'no answer' : `it exited with ${end}` }
    }
  }
  const demandReason = async (reason: RegExp): Promise<void> => {
    const { status, text } = await readiness()
    const isSo = status === 503 && reason.test(text)
    assert.ok(isSo, `${name} should be not ready for ${reason}, it says ${status} ${text}`)
  }
  const log = (): readonly LogLine[] => readLog(logFile)
  const warnings = (pattern: RegExp): readonly LogLine[] =>
    log().filter(({ level, line }) => isLoud(level) && pattern.test(line))
  return {
    name,
    pid,
    opsPort,
    logFile,
    exited,
    readiness,
    log,
    warnings,
    becomesReady: async (withinMs = READY_WITHIN_MS) => {
      await until(
        async () => {
          const { status, text } = await readiness()
          if (end !== null) throw new Error(`${name} exited with ${end}: ${lastLines(log())}`)
          assert.equal(status, 200, `${name} is not ready: ${text}`)
        },
        { withinMs: withinMs * patience, signal },
      )
    },
    becomesNotReady: async (reason, withinMs = NOT_READY_WITHIN_MS) => {
      const { tookMs } = await until(
        async () => {
          await demandReason(reason)
          await delay(STEADY_MS, null, { signal })
          await demandReason(reason)
        },
        { withinMs: withinMs * patience + STEADY_MS, signal },
      )
      options.onNotReady(tookMs - STEADY_MS)
      return tookMs - STEADY_MS
    },
    metric: async (metric, label = '') => sumOf(await readScrape(opsPort), metric, label),
    scrape: () => readScrape(opsPort),
    warns: async (pattern, withinMs = NOT_READY_WITHIN_MS) => {
      const { value } = await until(
        () => {
          const [first] = warnings(pattern)
          assert.ok(first !== undefined, `${name} did not warn of ${pattern}: ${lastLines(log())}`)
          return first
        },
        { withinMs: withinMs * patience, signal },
      )
      return value
    },
    kill: (which) => program.kill(which),
    signalAll: (which) => {
      for (const each of [pid, ...descendants(pid)]) tryKill(each, which)
    },
    stop: async () => {
      program.kill('SIGCONT') // a frozen process ends only when it runs
      await program.stop()
      return exited
    },
  }
}

async function readScrape(opsPort: number): Promise<Scrape> {
  const scrape = await readMetrics(opsPort)
  if (scrape === null) throw new Error('its metrics cannot be read')
  return scrape
}

function sumOf(scrape: Scrape, metric: string, label: string): number | null {
  const prefix = 'custom_events_' // may be left out
  const full = metric.startsWith(prefix) ? metric : prefix + metric
  const values = [...scrape].flatMap(([sample, value]) => {
    const isIt = sample === full || sample.startsWith(`${full}{`)
    return isIt && sample.includes(label) ? [value] : []
  })
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0)
}

function isLoud(level: string): boolean {
  return level === 'warn' || level === 'error' || level === 'fatal'
}

/** What is not JSON (a stack, a warning of Node) counts as an error. */
function readLog(file: string): readonly LogLine[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      try {
        const { level, msg } = JSON.parse(line) as { level?: unknown; msg?: unknown } // pino's
        return { level: String(level), text: String(msg), line }
      } catch {
        return { level: 'error', text: line, line }
      }
    })
}

function lastLines(log: readonly LogLine[]): string {
  return log
    .slice(-5)
    .map(({ line }) => line.slice(0, 300))
    .join(' ⏎ ')
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // it is gone already
  }
}
