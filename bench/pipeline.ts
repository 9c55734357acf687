import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startPipeline, startStack } from '@custom-events/embedded'
import { memoryBytes } from './memory.ts'
import { quantile } from './quantile.ts'
import { postEvent } from './post-event.ts'
import { createAsk, delaysOf, drained, watchRows, type Sent } from './visible.ts'

const ACCOUNTS = 500

/**
 * Open loop: single events at a fixed rate, whatever the answers, against the embedded stack with
 * one ingest and one consumer. Prints the delay from the 200 to the first query that returns the
 * event, and what was lost or doubled.
 */
export async function benchPipeline(options: {
  readonly eventsPerSecond: number
  readonly seconds: number
}): Promise<void> {
  await using resources = new AsyncDisposableStack()
  const logDir = mkdtempSync(join(tmpdir(), 'custom-events-bench-'))
  resources.defer(() => rmSync(logDir, { recursive: true }))
  const stack = resources.use(await startStack({ onProgress: say }))
  const pipeline = resources.use(await startPipeline({ servers: stack.environment, logDir }))
  const ask = createAsk(stack.environment)

  const sent = new Map<string, Sent>()
  const refused = { count: 0 }
  const stopWatching = watchRows(ask, sent, 'true')
  await sendAtRate(pipeline.url, options, sent, refused)
  const missing = await drained(sent)
  await stopWatching()

  const [counts] = await ask(
    'SELECT count() AS visible, uniqExact(event_id) AS distinct, (SELECT count() FROM custom_events.events) AS stored FROM custom_events.tracked',
  )
  const delays = delaysOf(sent)
  const pids = [
    ['kafka', stack.kafka.pid],
    ['registry', stack.registry.pid],
    ['clickhouse', stack.clickhouse.pid],
    ['ingest', pipeline.ingest.pid],
    ['consumer', pipeline.consumers[0]?.pid ?? 0],
  ] as const
  report({
    accepted: sent.size,
    refused: refused.count,
    lost: missing,
    doubled: Number(counts?.['visible']) - Number(counts?.['distinct']),
    'rows stored': Number(counts?.['stored']),
    'accepted → queryable p50 (ms)': Math.round(quantile(delays, 0.5)),
    'accepted → queryable p95 (ms)': Math.round(quantile(delays, 0.95)),
    'accepted → queryable p99 (ms)': Math.round(quantile(delays, 0.99)),
    ...Object.fromEntries(
      pids.map(([name, pid]) => [`${name} memory (MB)`, Math.round(memoryBytes(pid) / 1e6)]),
    ),
    'all memory (MB)': Math.round(pids.reduce((sum, [, pid]) => sum + memoryBytes(pid), 0) / 1e6),
  })
  if (missing > 0 || counts?.['visible'] !== counts?.['distinct']) process.exitCode = 1
}

async function sendAtRate(
  url: string,
  { eventsPerSecond, seconds }: { readonly eventsPerSecond: number; readonly seconds: number },
  sent: Map<string, Sent>,
  refused: { count: number },
): Promise<void> {
  const total = eventsPerSecond * seconds
  const startedAt = performance.now()
  const answers: Promise<void>[] = []
  for (let n = 0; n < total;) {
    const due = Math.min(
      total,
      Math.floor(((performance.now() - startedAt) / 1_000) * eventsPerSecond),
    )
    for (; n < due; n++) answers.push(sendOne(url, n, sent, refused))
    await delay(1)
    if (n % (eventsPerSecond * 5) < eventsPerSecond / 500) say(`${n} of ${total} events sent`)
  }
  await Promise.all(answers)
}

async function sendOne(
  url: string,
  n: number,
  sent: Map<string, Sent>,
  refused: { count: number },
): Promise<void> {
  const id = `bench-${n}`
  const status = await postEvent(url, {
    event_id: id,
    event: 'feature_used',
    group_id: `account_${n % ACCOUNTS}`,
    user_id: `user_${n % 10_000}`,
    timestamp: new Date().toISOString(),
    properties: { feature_name: 'analytics_dashboard', n },
  })
  if (status === 200) sent.set(id, { acceptedAt: performance.now(), queryableAt: null })
  else refused.count += 1
}

function report(figures: Readonly<Record<string, number>>): void {
  const width = Math.max(...Object.keys(figures).map((name) => name.length))
  for (const [name, value] of Object.entries(figures)) {
    process.stdout.write(`${name.padEnd(width)}  ${value}\n`)
  }
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`)
}
