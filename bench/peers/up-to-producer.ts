// Our ingest without Kafka: everything up to the producer, which acknowledges at once and keeps nothing. With
// TAKES_ALL=1 it turns nothing away however long the event loop is kept waiting, by other servers on its core, say.
import { createLogger } from '@custom-events/runtime'
import { NO_PLAN_SET, NOBODY_ERASED } from '@custom-events/event'
import { topicNames, type Producer } from '@custom-events/kafka'
import { createIngestApp } from '../../services/ingest/src/app.ts'
import { NO_KEYS } from '../../services/ingest/src/auth/key-file.ts'
import { createIngestMetrics } from '../../services/ingest/src/metrics.ts'
import type { IngestParts } from '../../services/ingest/src/parts.ts'
import {
  createRateLimits,
  NO_RATE_LIMITS,
} from '../../services/ingest/src/rate-limit/rate-limits.ts'
import { createRefusedLog } from '../../services/ingest/src/refused-log.ts'
import { createRejectedEvents } from '../../services/ingest/src/rejected/rejected.ts'
import { createRetryAdvice } from '../../services/ingest/src/admission/retry-after.ts'
import { startIngestServer } from '../../services/ingest/src/server/server.ts'
import { createLifecycle } from '../../services/ingest/src/server/lifecycle.ts'
import { ingestSettings } from '../../services/ingest/src/settings.ts'
import { createBudget } from '../../services/ingest/src/admission/budget.ts'
import { createUnusualLoad } from '../../services/ingest/src/admission/garbage.ts'
import { refuseEarly } from '../../services/ingest/src/admission/refuse-early.ts'

const producer: Producer = {
  produce: async (records) => records.map((_, offset) => ({ status: 'acknowledged', offset })),
  notReadyReason: null,
  isFull: false,
  isHalfFull: false,
  bufferedBytes: 0,
  troubles: [],
  maxBatchBytes: () => Infinity,
  [Symbol.asyncDispose]: async () => {},
}
const settings = ingestSettings(topicNames('events.tracked.v1'), 12)
const metrics = createIngestMetrics()
const log = createLogger({ service: 'ingest', level: 'warn' })
const schemas = { trackedId: 7, rejectedId: 8, notReadyReason: null }
const plans = { current: NO_PLAN_SET }
const lifecycle = createLifecycle()
const clock = (): number => performance.now()
let turns = 0
const idleLook = () => ({ nowMs: clock(), turn: (turns += 1), idleMs: clock() })

const parts: IngestParts = {
  producer,
  schemas,
  plans,
  settings,
  metrics,
  log,
  lifecycle,
  keys: NO_KEYS,
  sealer: { seal: () => null },
  keepKeys: () => null,
  erasures: { ids: NOBODY_ERASED, ageMs: 0, notReadyReason: null },
  queryable: { until: async () => ({ isQueryable: true }) },
  refusedLog: createRefusedLog({ metrics, log }),
  rejectedEvents: createRejectedEvents({ producer, schemas, plans, settings, metrics, log }),
  budget: createBudget(settings.limits.maxInFlightBytes),
  unusual: createUnusualLoad(),
  unreadAnswers: { written: () => {} },
  rateLimits: createRateLimits({ rules: NO_RATE_LIMITS, clock, random: Math.random }),
  retryAdvice: createRetryAdvice(clock, Math.random),
}
const server = await startIngestServer({
  handle: refuseEarly(
    parts,
    createIngestApp(parts),
    process.env['TAKES_ALL'] ? idleLook : undefined,
  ),
  host: '127.0.0.1',
  port: Number(process.env['PORT']),
  maxBodyBytes: settings.limits.maxBodyBytes,
  lifecycle,
})
process.on('SIGTERM', () => void server[Symbol.asyncDispose]())
