import { Registry } from 'prom-client'
import { productVersion } from './build.ts'
import { register, type Exposition, type MetricDefinitions } from './metrics.ts'
import type { Readiness } from './readiness.ts'

/** What every program with an ops port tells of itself; with several workers the primary tells it for all. */
export const opsMetrics = {
  ready: {
    type: 'gauge',
    name: 'ready',
    help: '1 while /health/ready answers 200, else 0; decided anew by each scrape.',
  },
  buildInfo: {
    type: 'gauge',
    name: 'build_info',
    help: 'Always 1: the version of the program, with the revision it was built of if that is known, and of Node.',
    labels: { version: [], node: [] },
  },
} as const satisfies MetricDefinitions

/** The same readiness that /health/ready tells, and which program tells it. */
export function createOpsMetrics(
  readiness: () => Readiness | Promise<Readiness>,
): () => Promise<Exposition> {
  const registry = new Registry()
  const { ready, buildInfo } = register(opsMetrics, registry)
  buildInfo.set({ version: productVersion(), node: process.version }, 1)
  return async () => {
    const { isReady } = await readiness()
    ready.set(isReady ? 1 : 0)
    return { contentType: registry.contentType, text: await registry.metrics() }
  }
}
