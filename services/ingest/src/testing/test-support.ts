import { createEventCodec, createRejectedCodec, type RejectedEvent } from '@custom-events/codec'
import { NO_PLAN_SET, NOBODY_ERASED, type TrackedEvent } from '@custom-events/event'
import { topicNames } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { createIngestApp } from '../app.ts'
import type { LoopLook } from '../admission/loop-look.ts'
import type { AllowedOrigins } from '../http/cors.ts'
import { NO_KEYS, type Keys } from '../auth/key-file.ts'
import { createIngestMetrics, type IngestMetrics } from '../metrics.ts'
import type { IngestParts } from '../parts.ts'
import { createFakeProducer, type FakeProducer } from './fake-producer.ts'
import { createRateLimits, NO_RATE_LIMITS, type RateLimitRules } from '../rate-limit/rate-limits.ts'
import { createKeepKeys } from '../seal/keep-keys.ts'
import { createSealer } from '../seal/sealer.ts'
import { createSealKeys } from '../seal/seal-keys.ts'
import { createRefusedLog } from '../refused-log.ts'
import { createRejectedEvents } from '../rejected/rejected.ts'
import { createRetryAdvice } from '../admission/retry-after.ts'
import { SERVER_LIMITS, startIngestServer, type ServerLimits } from '../server/server.ts'
import { createLifecycle } from '../server/lifecycle.ts'
import { createUnreadAnswers } from '../server/unread-answers.ts'
import { ingestSettings } from '../settings.ts'
import { SEAL_KEYS, UNREAD_ANSWERS, type IngestLimits } from '../limits.ts'
import { createBudget } from '../admission/budget.ts'
import { createUnusualLoad } from '../admission/garbage.ts'
import { refuseEarly } from '../admission/refuse-early.ts'

export const TOPICS = topicNames('events.tracked.v1')

/** The whole of ingest over a real HTTP server and a producer in memory. */
export interface TestIngest extends AsyncDisposable {
  readonly parts: IngestParts
  readonly url: string
  readonly port: number
  readonly producer: FakeProducer
  readonly metrics: IngestMetrics
  /** Set `notReadyReason` to play a registry that has not answered. */
  readonly schemas: {
    trackedId: number | null
    rejectedId: number | null
    notReadyReason: string | null
  }
  readonly budget: ReturnType<typeof createBudget>
  /** Every line that was logged. */
  readonly logLines: readonly string[]
  post(body: string | Buffer, options?: PostOptions): Promise<TestAnswer>
  /** Accepted events in the order they were produced. */
  events(): readonly TrackedEvent[]
  rejectedEvents(): readonly RejectedEvent[]
}

const NOTHING_TO_WAIT_FOR: IngestParts['queryable'] = {
  until: async () => ({ isQueryable: true }),
}

export interface PostOptions {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface TestAnswer {
  readonly status: number
  readonly headers: Headers
  /** The shape is what each test asserts. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any
}

export async function startTestIngest(
  options: {
    readonly keys?: Keys
    readonly plans?: IngestParts['plans']
    readonly limits?: Partial<IngestLimits>
    readonly serverLimits?: Partial<ServerLimits>
    readonly maxUnreadBytes?: number
    readonly random?: () => number
    /** At the event loop; the real one when there is none. */
    readonly look?: () => LoopLook
    /** Of the rate limits and of the advice when to come back, in milliseconds. */
    readonly clock?: () => number
    readonly allowedOrigins?: AllowedOrigins
    readonly rateLimits?: RateLimitRules
    /** @default the first generation, with 12 partitions */
    readonly place?: IngestParts['settings']['place']
    readonly queryable?: IngestParts['queryable']
    /** @default nobody is erased */
    readonly erasures?: IngestParts['erasures']
  } = {},
): Promise<TestIngest> {
  const producer = createFakeProducer()
  const clock = options.clock ?? (() => performance.now())
  const metrics = createIngestMetrics()
  const logLines: string[] = []
  const log = createLogger(
    { service: 'ingest', level: 'debug' },
    { write: (line) => void logLines.push(line) },
  )
  const defaults = ingestSettings(TOPICS, 12)
  const settings = {
    ...defaults,
    limits: { ...defaults.limits, ...options.limits },
    allowedOrigins: options.allowedOrigins ?? null,
    place: options.place ?? defaults.place,
  }
  const schemas: TestIngest['schemas'] = { trackedId: 7, rejectedId: 8, notReadyReason: null }
  const plans = options.plans ?? { current: NO_PLAN_SET }
  const rejected = createRejectedEvents({ producer, schemas, plans, settings, metrics, log })
  const lifecycle = createLifecycle()
  const resources = new DisposableStack()
  const budget = createBudget(settings.limits.maxInFlightBytes)
  const parts: IngestParts = {
    producer,
    metrics,
    schemas,
    settings,
    log,
    lifecycle,
    budget,
    unusual: createUnusualLoad(),
    unreadAnswers: createUnreadAnswers(options.maxUnreadBytes ?? UNREAD_ANSWERS.maxBytes, (cut) =>
      metrics.unreadAnswersCut.inc(cut),
    ),
    keys: options.keys ?? NO_KEYS,
    plans,
    sealer: createSealer(createSealKeys({ limits: SEAL_KEYS })),
    keepKeys: createKeepKeys({ producer, topic: TOPICS.keys, partitionCount: 3 }),
    rejectedEvents: rejected,
    erasures: options.erasures ?? { ids: NOBODY_ERASED, ageMs: 0, notReadyReason: null },
    queryable: options.queryable ?? NOTHING_TO_WAIT_FOR,
    refusedLog: resources.use(createRefusedLog({ metrics, log })),
    rateLimits: createRateLimits({
      rules: options.rateLimits ?? NO_RATE_LIMITS,
      clock,
      random: options.random ?? Math.random,
    }),
    retryAdvice: createRetryAdvice(clock, options.random ?? Math.random),
  }
  const server = await startIngestServer({
    handle: refuseEarly(parts, createIngestApp(parts), options.look),
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: settings.limits.maxBodyBytes,
    lifecycle,
    limits: { ...SERVER_LIMITS, drainDelayMs: 0, ...options.serverLimits },
    onClosedForRoom: (which, count) => metrics.closedForRoom.inc({ which }, count),
  })
  const url = `http://127.0.0.1:${server.port}`
  const valuesOf = (topic: string) =>
    producer.records.flatMap((record) =>
      record.topic === topic && record.value !== null ? [record.value] : [],
    )
  return {
    parts,
    url,
    port: server.port,
    producer,
    metrics,
    schemas,
    budget,
    logLines,
    post: (body, request) => post(url, body, request),
    events: () => valuesOf(TOPICS.tracked).map((value) => createEventCodec().decode(value).value),
    rejectedEvents: () =>
      valuesOf(TOPICS.rejected).map((value) => createRejectedCodec().decode(value).value),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await rejected[Symbol.asyncDispose]()
      resources.dispose()
    },
  }
}

async function post(
  url: string,
  body: string | Buffer,
  { path = '/track', method = 'POST', headers = {} }: PostOptions = {},
): Promise<TestAnswer> {
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const response = await fetch(url + path, { method, headers, ...(hasBody ? { body } : {}) })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : JSON.parse(text),
  }
}

/** A sound event with some fields replaced; `undefined` leaves one out. */
export function eventText(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    event: 'feature_used',
    group_id: 'account_456',
    user_id: 'user_789',
    timestamp: '2023-11-04T14:45:30.987Z',
    event_id: 'e-1',
    ...changes,
  })
}

/** An event without an account. */
export const BAD_EVENT = eventText({ group_id: undefined })

/** Value of a counter, summed over its labels. */
export async function countOf(metric: IngestMetrics['accepted']): Promise<number> {
  const { values } = await metric.get()
  return values.reduce((sum, { value }) => sum + value, 0)
}
