import type { MetricsSnapshot } from '../metrics/metrics.ts'
import type { Readiness } from '../metrics/readiness.ts'

/** What a worker tells its primary when asked. */
export interface WorkerReport {
  readonly readiness: Readiness
  readonly metrics: MetricsSnapshot
}

export type ToWorker =
  | { readonly kind: 'custom-events:report'; readonly id: number }
  | { readonly kind: 'custom-events:drain' }

export type FromWorker =
  | { readonly kind: 'custom-events:started' }
  | { readonly kind: 'custom-events:report'; readonly id: number; readonly report: WorkerReport }

/** Messages between processes of the same program; Node's own are of another shape. */
export function isOurs(message: unknown): message is ToWorker | FromWorker {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return false
  return typeof message.kind === 'string' && message.kind.startsWith('custom-events:')
}
