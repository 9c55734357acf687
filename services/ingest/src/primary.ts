import {
  createMetrics,
  exposeTogether,
  startOpsServer,
  startWorkers,
  type Logger,
  type RunningService,
  type Workers,
} from '@custom-events/runtime'
import type { IngestConfig } from './config.ts'
import { primaryMetrics } from './metrics.ts'

/** Beyond that of the workers, which end themselves. */
const LONGER_THAN_WORKERS_MS = 1_000

/**
 * Takes no events itself: keeps WORKERS processes that do, hands each new connection to the next of them,
 * and answers for all at the ops port.
 */
export async function startPrimary(
  { config, log }: { readonly config: IngestConfig; readonly log: Logger },
  resources: AsyncDisposableStack,
): Promise<RunningService> {
  const metrics = createMetrics(primaryMetrics)
  let workers: Workers | null = null
  const ops = await startOpsServer({
    host: config.opsHost,
    port: config.opsPort,
    readiness: () => workers?.readiness() ?? { isReady: false, reasons: ['starting'] },
    expose: async () => {
      const byWorker = new Map(await workers?.metrics())
      return exposeTogether(byWorker.set('primary', await metrics.snapshot()))
    },
  })
  resources.use(ops)
  workers = resources.use(
    await startWorkers({ count: config.workers, log, onDied: () => metrics.workersDied.inc() }),
  )
  const shutdownTimeoutMs = config.shutdownTimeoutMs + LONGER_THAN_WORKERS_MS
  return { log, shutdownTimeoutMs }
}
