import cluster from 'node:cluster'
import { setTimeout as delay } from 'node:timers/promises'
import { eventAvroSchema, rejectedAvroSchema } from '@custom-events/codec'
import {
  createCommittedReader,
  createSchemaRegistry,
  groupsOfShards,
  type AccountsPlace,
} from '@custom-events/kafka'
import {
  ConfigError,
  reportToPrimary,
  startOpsServer,
  type Logger,
  type Readiness,
  type RunningService,
} from '@custom-events/runtime'
import { createIngestApp } from './app.ts'
import type { IngestConfig } from './config.ts'
import { NO_KEYS, openKeyFile, type Keys } from './auth/key-file.ts'
import { createIngestMetrics, type IngestMetrics } from './metrics.ts'
import { createPacedProducer } from './admission/paced-producer.ts'
import type { IngestParts } from './parts.ts'
import { openPlanFolder, type PlanFolder } from './schema/plan-folder.ts'
import { openProducers } from './producers.ts'
import { readiness } from './readiness.ts'
import { createRateLimits } from './rate-limit/rate-limits.ts'
import { queryableByTopic } from './queryable/queryable-by-topic.ts'
import { createQueryableWatch, type QueryableWatch } from './queryable/queryable-watch.ts'
import { createRefusedLog } from './refused-log.ts'
import { createRejectedEvents } from './rejected/rejected.ts'
import { forgetErased } from './seal/forget-erased.ts'
import { createKeepKeys } from './seal/keep-keys.ts'
import { createSealer } from './seal/sealer.ts'
import { createSealKeys } from './seal/seal-keys.ts'
import { createRetryAdvice } from './admission/retry-after.ts'
import { registerSchemas } from './schema/schema-ids.ts'
import { startIngestServer } from './server/server.ts'
import { createLifecycle } from './server/lifecycle.ts'
import { createUnreadAnswers } from './server/unread-answers.ts'
import { createBudget } from './admission/budget.ts'
import { refuseEarly } from './admission/refuse-early.ts'
import { SEAL_KEYS, UNREAD_ANSWERS, WAITING } from './limits.ts'
import { createUnusualLoad, watchGarbage } from './admission/garbage.ts'

interface Base {
  readonly config: IngestConfig
  readonly log: Logger
  readonly metrics: IngestMetrics
  readonly resources: AsyncDisposableStack
}

/**
 * Opens everything that takes events in this process. Resources close in reverse order: the HTTP server
 * drains first, and /health/ready tells so to the end.
 */
export async function startIngest(
  { config, log }: Pick<Base, 'config' | 'log'>,
  resources: AsyncDisposableStack,
): Promise<RunningService> {
  const metrics = createIngestMetrics()
  const unusual = createUnusualLoad()
  resources.use(watchGarbage({ load: unusual, onCollected: () => metrics.collections.inc() }))
  const plans = await openPlans(config, { log, metrics, resources })
  let parts: IngestParts | null = null
  const opsPort = await openOps(
    { config, log, metrics, resources },
    {
      readiness: () => (parts === null ? STARTING : readiness(parts)),
      measure: () => {
        metrics.inFlightBytes.set(parts?.budget.usedBytes ?? 0)
        metrics.producerBufferedBytes.set(parts?.producer.bufferedBytes ?? 0)
        if (parts !== null) showErasures(metrics, parts.erasures)
        if (parts !== null) showPlace(metrics, parts.settings.place())
      },
    },
  )

  const keys = openKeys({ config, log, metrics, resources })
  const lifecycle = createLifecycle()
  parts = openDelivery({ config, log, metrics, resources }, { keys, plans, lifecycle, unusual })
  if (othersAnswerMeanwhile()) await readyAtLast(parts)
  const { refusedLog } = parts
  const server = await startIngestServer({
    handle: refuseEarly(parts, createIngestApp(parts)),
    host: config.host,
    port: config.port,
    maxBodyBytes: config.settings.limits.maxBodyBytes,
    lifecycle,
    onBadHttp: (code, address) => refusedLog.add(code, null, address),
    onClosedForRoom: (which, count) => metrics.closedForRoom.inc({ which }, count),
  })
  resources.use(server)
  log.info({ host: config.host, port: server.port, opsPort }, 'taking events')
  return { log, shutdownTimeoutMs: config.shutdownTimeoutMs }
}

function showErasures(metrics: IngestMetrics, { ids, ageMs }: IngestParts['erasures']): void {
  metrics.erasures.set(ids.size)
  if (ageMs < Infinity) metrics.erasuresAge.set(ageMs / 1_000)
}

const STARTING = { isReady: false, reasons: ['starting'] }

/** Not the first worker: connections are handed out in turn, whether a worker is ready or not. */
function othersAnswerMeanwhile(): boolean {
  return (cluster.worker?.id ?? 1) > 1
}

/** Waits for what makes it ready, but not for ever: in an outage it has 503 to answer, as the others do. */
async function readyAtLast(parts: IngestParts): Promise<void> {
  const overdueAt = performance.now() + READY_WITHIN_MS
  while (!readiness(parts).isReady && performance.now() < overdueAt) await delay(LOOK_EVERY_MS)
}

const READY_WITHIN_MS = 5_000
const LOOK_EVERY_MS = 20

/** A port of its own; for a worker that of its primary. @returns which. */
async function openOps(
  { config, metrics, resources }: Base,
  own: { readonly readiness: () => Readiness; readonly measure: () => void },
): Promise<number> {
  if (cluster.isWorker) {
    const report = async () => {
      own.measure()
      return { readiness: own.readiness(), metrics: await metrics.snapshot() }
    }
    resources.use(reportToPrimary(report))
    return config.opsPort
  }
  const ops = await startOpsServer({
    host: config.opsHost,
    port: config.opsPort,
    readiness: own.readiness,
    expose: () => {
      own.measure()
      return metrics.expose()
    },
  })
  return resources.use(ops).port
}

function openKeys({ config, log, metrics, resources }: Base): Keys {
  if (config.writeKeysFile !== null) {
    return resources.use(openKeyFile({ path: config.writeKeysFile, log, metrics }))
  }
  log.warn({ host: config.host }, 'AUTH_MODE=off: anybody who reaches this host and port may write')
  return NO_KEYS
}

/** Bad plans are a bad configuration: without the old ones there is nothing to go on with. */
async function openPlans(
  { plansDir: dir, planRules: rules }: IngestConfig,
  { resources, ...tools }: Omit<Base, 'config'>,
): Promise<PlanFolder> {
  try {
    return resources.use(await openPlanFolder({ dir, rules, ...tools }))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const rule = `a folder of sound tracking plans:\n${reason}`
    throw new ConfigError([
      { variable: 'TRACKING_PLANS_DIR', value: dir || 'schemas/events', rule },
    ])
  }
}

function openDelivery(
  base: Base,
  given: Pick<IngestParts, 'keys' | 'plans' | 'lifecycle' | 'unusual'>,
): IngestParts {
  const { config, log, metrics, resources } = base
  const registry = createSchemaRegistry(config.registry)
  const { topics } = config.settings
  const schemas = resources.use(
    registerSchemas({
      registry,
      tracked: { subject: `${topics.tracked}-value`, schema: eventAvroSchema },
      rejected: { subject: `${topics.rejected}-value`, schema: rejectedAvroSchema },
      log,
    }),
  )
  const sealKeys = createSealKeys({ limits: SEAL_KEYS })
  const { kafka, erasures, place } = openProducers(base, forgetErased(sealKeys))
  resources.use(erasures)
  const settings = { ...config.settings, place }
  const producer = resources.use(createPacedProducer(kafka, () => performance.now()))
  // Not the paced producer: the pace is that of accepted events, and theirs alone.
  const rejectedEvents = resources.use(
    createRejectedEvents({ producer: kafka, schemas, plans: given.plans, settings, metrics, log }),
  )
  const keepKeys = createKeepKeys({
    producer: kafka,
    topic: topics.keys,
    partitionCount: settings.partitionCountByTopic[topics.keys] ?? 1,
    onProduced: (outcome) => metrics.sealKeys.inc({ outcome }),
  })
  return {
    ...given,
    producer,
    schemas,
    sealer: createSealer(sealKeys),
    keepKeys,
    erasures,
    rejectedEvents,
    queryable: resources.use(openQueryable(base, given)),
    refusedLog: resources.use(createRefusedLog({ metrics, log })),
    settings,
    budget: createBudget(settings.limits.maxInFlightBytes),
    unreadAnswers: createUnreadAnswers(UNREAD_ANSWERS.maxBytes, (cut) =>
      metrics.unreadAnswersCut.inc(cut),
    ),
    rateLimits: createRateLimits({
      rules: settings.rateLimits,
      clock: () => performance.now(),
      random: Math.random,
    }),
    retryAdvice: createRetryAdvice(() => performance.now(), Math.random),
    metrics,
    log,
  }
}

function openQueryable(
  { config, log, metrics }: Base,
  { lifecycle }: Pick<IngestParts, 'lifecycle'>,
): QueryableWatch {
  const { kafka, consumerGroup, shards } = config
  return queryableByTopic((topic) =>
    createQueryableWatch({
      committed: groupsOfShards(consumerGroup, shards).map((group) =>
        createCommittedReader({ kafka, consumerGroup: group, topic, log }),
      ),
      limits: WAITING,
      log,
      isDraining: () => lifecycle.isDraining,
      onLook: (outcome) => metrics.queryableLooks.inc({ outcome }),
    }),
  )
}

function showPlace(metrics: IngestMetrics, { generation, split }: AccountsPlace): void {
  metrics.topicGeneration.set(generation)
  metrics.splitAccounts.set(split?.ids.size ?? 0)
}
