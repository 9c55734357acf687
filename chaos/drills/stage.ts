import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  clickhouseHeaders,
  startPipeline,
  startStack,
  type ClickHouseEnvironment,
  type Pipeline,
  type Stack,
} from '@custom-events/embedded'
import { createBodies, type BodyEncoding } from './bodies.ts'
import { createConnections, type Connections } from './connections.ts'
import { atMost, told, type Figure } from './figures.ts'
import { createLoad, type Load } from './load.ts'

/** What a drill is told. */
export interface Orders {
  /** Of whatever is chosen at random. */
  readonly seed: number
  /** How long the outage or the load lasts; null: the drill's own default. */
  readonly minutes: number | null
  /** Of each request, where a drill has more than one; null: its own default. */
  readonly events: number | null
  readonly say: (line: string) => void
}

/** The whole pipeline as processes, a generator of load, and the comparison at the end. */
export interface Stage extends AsyncDisposable {
  readonly stack: Stack
  readonly pipeline: Pipeline
  readonly connections: Connections
  readonly load: Load
  /** Rows of a query, as lists of texts. */
  readonly ask: (sql: string) => Promise<readonly (readonly string[])[]>
  /** Waits for the rows, then compares: every accepted event there, and once. */
  readonly compare: () => Promise<readonly Figure[]>
  readonly say: (line: string) => void
}

export interface StageOptions {
  readonly name: string
  readonly eventsPerRequest: number
  /** @default 'identity' */
  readonly encoding?: BodyEncoding
  /** @default 1_000 */
  readonly maxConnections?: number
  /** @default 1 */
  readonly consumers?: number
  /** More variables for setup and both services, told once the servers run. @default none */
  readonly environment?: (stack: Stack) => Readonly<Record<string, string>>
  readonly say: (line: string) => void
}

const DRAIN_LIMIT_MS = 180_000

/** Starts everything; disposing leaves no process and, when all went well, no folder. */
export async function startStage(options: StageOptions): Promise<Stage> {
  const { say, eventsPerRequest, encoding } = options
  await using resources = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), `custom-events-drill-${options.name}-`))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  const stack = resources.use(await startStack({ dataDir: folder, tuned: true, onProgress: say }))
  const pipeline = resources.use(
    await startPipeline({
      servers: stack.environment,
      environment: options.environment?.(stack) ?? {},
      logDir: join(folder, 'logs'),
      consumers: options.consumers ?? 1,
    }),
  )
  const run = randomBytes(4).toString('hex')
  const connections = createConnections(pipeline.url, options.maxConnections ?? 1_000)
  resources.defer(() => connections.close())
  const load = createLoad(connections, createBodies(run, eventsPerRequest, encoding))
  const ask = createAsk(stack.environment)
  const owned = resources.move()
  return {
    stack,
    pipeline,
    connections,
    load,
    ask,
    say,
    compare: () => compare({ ask, load, run, say }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function createAsk(server: ClickHouseEnvironment): Stage['ask'] {
  return async (sql) => {
    const response = await fetch(`${server.CLICKHOUSE_URL}/?database=custom_events`, {
      method: 'POST',
      headers: clickhouseHeaders(server),
      body: `${sql} FORMAT TSVRaw`,
      signal: AbortSignal.timeout(60_000),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`ClickHouse answered ${response.status}: ${text}`)
    return text.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')]))
  }
}

/** What was not acknowledged may be there or not; what was accepted must be, and nothing twice. */
async function compare(options: {
  readonly ask: Stage['ask']
  readonly load: Load
  readonly run: string
  readonly say: (line: string) => void
}): Promise<readonly Figure[]> {
  const { ask, load, run, say } = options
  const deadline = performance.now() + DRAIN_LIMIT_MS
  for (;;) {
    const rows = await ask(
      `SELECT toUInt64(splitByChar('.', event_id)[2]), count(), uniqExact(event_id)
       FROM tracked WHERE startsWith(event_id, '${run}.') GROUP BY 1`,
    )
    const distinctByRequest = new Map(
      rows.map(([request, , distinct]) => [request, Number(distinct)]),
    )
    let lost = 0
    for (const request of load.accepted) {
      lost += load.eventsPerRequest - (distinctByRequest.get(String(request)) ?? 0)
    }
    const doubled = rows.reduce((sum, row) => sum + Number(row[1]) - Number(row[2]), 0)
    if (lost > 0 && performance.now() < deadline) {
      say(`${lost} accepted events are not in the view yet`)
      await delay(1_000)
      continue
    }
    return [
      told('events accepted', load.accepted.size * load.eventsPerRequest),
      atMost('accepted and lost', lost, 0),
      atMost('doubled in the view', doubled, 0),
    ]
  }
}
