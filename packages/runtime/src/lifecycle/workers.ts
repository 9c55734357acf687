import cluster, { type Worker } from 'node:cluster'
import { setTimeout as delay } from 'node:timers/promises'
import { fullJitter } from './full-jitter.ts'
import type { Logger } from '../log.ts'
import type { MetricsSnapshot } from '../metrics/metrics.ts'
import type { Readiness } from '../metrics/readiness.ts'
import { isOurs, type ToWorker, type WorkerReport } from './worker-messages.ts'

/** The processes that do the work, kept at their number. */
export interface Workers extends AsyncDisposable {
  /** Ready while half of the workers are; the reasons of the others are told either way. */
  readiness(): Promise<Readiness>
  /** By the number of the worker, from 1; a worker that is away or says nothing is missing. */
  metrics(): Promise<ReadonlyMap<string, MetricsSnapshot>>
}

/** The first worker ended before it had started: so would the others. It has said why. */
export class WorkerNotStarted extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`the first worker ended with ${exitCode} before it had started`)
    this.name = 'WorkerNotStarted'
    this.exitCode = exitCode
  }
}

interface Slot {
  readonly number: number
  worker: Worker | null
}

const RESTART = { baseMs: 200, maxMs: 10_000 }
/** A worker that lived for so long did not die of its start. */
const STABLE_MS = 30_000
const REPORT_TIMEOUT_MS = 1_000
/** A worker that is just being started does not hear it yet. */
const REPEAT_DRAIN_MS = 250

/**
 * Starts this program `count` times as workers of a cluster and replaces those that die, after a pause that
 * grows. Disposing drains them all; it rejects when one did not end well.
 *
 * @throws {WorkerNotStarted} when the first cannot start.
 */
export async function startWorkers(options: {
  readonly count: number
  readonly log: Logger
  readonly onDied: () => void
}): Promise<Workers> {
  const { count, log, onDied } = options
  const slots = Array.from({ length: count }, (_, index): Slot => ({
    number: index + 1,
    worker: null,
  }))
  const stopping = new AbortController()
  const ask = createAsking()
  const ended: (number | NodeJS.Signals)[] = []

  const keep = async (slot: Slot, first: Worker = fork()): Promise<void> => {
    for (let failures = 0, worker = first; ; worker = fork()) {
      const bornAt = performance.now()
      slot.worker = worker
      const end = await endOf(worker)
      slot.worker = null
      if (stopping.signal.aborted) {
        ended.push(end)
        return
      }
      onDied()
      failures = performance.now() - bornAt > STABLE_MS ? 0 : failures + 1
      const pauseMs = Math.round(fullJitter(failures, RESTART))
      log.error({ worker: slot.number, end, pauseMs }, 'worker died; another is started')
      await delay(pauseMs, null, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
    }
  }

  const firstWorker = fork()
  const notStarted = await startedOrEnded(firstWorker)
  if (notStarted !== null) throw new WorkerNotStarted(notStarted)
  const keeping = slots.map((slot, index) => keep(slot, index === 0 ? firstWorker : fork()))

  const reports = () =>
    Promise.all(slots.map(async ({ number, worker }) => ({ number, report: await ask(worker) })))

  return {
    readiness: async () => readinessOf(await reports(), stopping.signal.aborted),
    metrics: async () => {
      const metricsByWorker = new Map<string, MetricsSnapshot>()
      for (const { number, report } of await reports()) {
        if (report !== null) metricsByWorker.set(String(number), report.metrics)
      }
      return metricsByWorker
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      const drain = (): void => {
        for (const { worker } of slots) tell(worker, { kind: 'custom-events:drain' })
      }
      drain()
      const repeating = setInterval(drain, REPEAT_DRAIN_MS)
      await Promise.all(keeping)
      clearInterval(repeating)
      const bad = ended.filter((end) => end !== 0)
      if (bad.length > 0) throw new Error(`workers ended with ${bad.join(', ')} instead of 0`)
    },
  }
}

function fork(): Worker {
  return cluster.fork()
}

function endOf(worker: Worker): Promise<number | NodeJS.Signals> {
  return new Promise((resolve) => {
    worker.once('exit', (code: number | null, signal: NodeJS.Signals) => resolve(code ?? signal))
  })
}

/** @returns the exit code of a worker that ended instead. */
function startedOrEnded(worker: Worker): Promise<number | null> {
  return new Promise((resolve) => {
    worker.on('message', (message: unknown) => {
      if (isOurs(message) && message.kind === 'custom-events:started') resolve(null)
    })
    void endOf(worker).then((end) => resolve(typeof end === 'number' ? end : 1))
  })
}

function tell(worker: Worker | null, message: ToWorker): boolean {
  if (worker?.isConnected() !== true) return false
  worker.send(message, () => {}) // it may die meanwhile
  return true
}

/** Asks a worker for its report; `null` when it is away or does not answer in time. */
function createAsking(): (worker: Worker | null) => Promise<WorkerReport | null> {
  const waiting = new Map<number, (report: WorkerReport) => void>()
  let nextId = 0
  cluster.on('message', (_worker, message: unknown) => {
    if (!isOurs(message) || message.kind !== 'custom-events:report') return
    if ('report' in message) waiting.get(message.id)?.(message.report)
  })
  return async (worker) => {
    const id = nextId++
    if (!tell(worker, { kind: 'custom-events:report', id })) return null
    const { promise, resolve } = Promise.withResolvers<WorkerReport | null>()
    waiting.set(id, resolve)
    const timer = setTimeout(resolve, REPORT_TIMEOUT_MS, null)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      waiting.delete(id)
    }
  }
}

/**
 * Workers that die are replaced and the others take their connections; and what makes all of them not ready,
 * such as Kafka, shows in every one. Half of them are enough.
 */
export function readinessOf(
  reports: readonly { readonly number: number; readonly report: WorkerReport | null }[],
  isDraining: boolean,
): Readiness {
  const ready = reports.filter(({ report }) => report?.readiness.isReady === true)
  const reasons = reports.flatMap(({ number, report }) =>
    (report?.readiness.reasons ?? ['away, starting, or too busy to say']).map(
      (reason) => `worker ${number}: ${reason}`,
    ),
  )
  const isReady = !isDraining && 2 * ready.length >= reports.length
  return { isReady, reasons: isDraining ? ['draining', ...reasons] : reasons }
}
