import cluster from 'node:cluster'
import closeWithGrace from 'close-with-grace'
import { ConfigError } from '../config/config.ts'
import type { Logger } from '../log.ts'
import { redact } from '../config/redact.ts'
import { listenForEnd, type EndSignal, type EndSignals } from './signals.ts'
import { onDrain, tellStarted } from './worker.ts'
import { WorkerNotStarted } from './workers.ts'

/** sysexits.h EX_CONFIG: something is wrong with the configuration. */
export const EXIT_CONFIG = 78

/** What a service's `start` gives back, so that its life can be managed. */
export interface RunningService {
  readonly log: Logger
  readonly shutdownTimeoutMs: number
}

/**
 * A service's life: start, run until SIGTERM, SIGINT or SIGHUP, close what `start` put on the stack in
 * reverse order, exit 0. A wrong configuration exits 78 before anything opens; a failed start or an
 * uncaught error exits 1; a second signal or an overdue shutdown exits 1 at once. Copies of one signal are
 * one, and one that comes during the start is obeyed as soon as there is something to close.
 *
 * A worker of a cluster drains when its primary tells it to, or at a signal, and only its primary hears a second.
 *
 * @param start opens resources in order and registers each on the stack.
 */
export async function runService(
  start: (resources: AsyncDisposableStack) => Promise<RunningService>,
): Promise<void> {
  const resources = new AsyncDisposableStack()
  let service: RunningService | null = null
  const signals = listenForEnd((signal) => {
    if (cluster.isWorker) return
    service?.log.error({ signal }, 'second signal: exiting at once')
    process.exit(1)
  })
  try {
    service = await start(resources)
  } catch (error) {
    await resources.disposeAsync().catch(() => {}) // the first error is the one to report
    reportFailedStart(error)
    return
  }
  live(service, resources, signals)
}

function live(
  { log, shutdownTimeoutMs }: RunningService,
  resources: AsyncDisposableStack,
  signals: EndSignals,
): void {
  log.info('started')
  let isClosing = false
  let told: EndSignal | 'primary' | undefined
  const { close } = closeWithGrace(
    {
      delay: shutdownTimeoutMs,
      logger: false,
      skip: ['SIGTERM', 'SIGINT', 'SIGHUP'], // `signals` tells copies from a second one
      onSecondError: (err) => log.fatal({ err }, 'error while shutting down: exiting at once'),
      onTimeout: (delay) => log.fatal({ shutdownTimeoutMs: delay }, 'shutdown overdue: exiting'),
    },
    async ({ signal = told, err }) => {
      isClosing = true
      if (err === undefined) log.info({ signal }, 'draining')
      else log.fatal({ err }, 'uncaught error: draining, then exiting 1')
      await closeAll(resources, log)
      log.info('stopped')
    },
  )
  const drain = (by: EndSignal | 'primary'): void => {
    if (isClosing) return
    told = by
    close()
  }
  if (cluster.isWorker) {
    onDrain(() => drain('primary'))
    tellStarted()
  }
  signals.whenTold(drain)
}

async function closeAll(resources: AsyncDisposableStack, log: Logger): Promise<void> {
  try {
    await resources.disposeAsync()
  } catch (error) {
    log.fatal({ err: error }, 'not everything could be closed: exiting 1')
    throw error
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE' && 'port' in error) {
    return `port ${String(error.port)} is taken by another process: stop it, or set PORT or OPS_PORT`
  }
  return error.stack ?? error.message
}

function reportFailedStart(error: unknown): void {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`)
    process.exit(EXIT_CONFIG)
  }
  if (error instanceof WorkerNotStarted) process.exit(error.exitCode)
  process.stderr.write(`could not start: ${redact(reasonOf(error))}\n`)
  process.exit(1)
}
