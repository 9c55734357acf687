import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPipeline, startStack } from '@custom-events/embedded'
import type { Figures } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { quantile } from './quantile.ts'
import { createAsk } from './visible.ts'

const CASES = [
  { sendersAtOnce: 1, eventsEach: 60 },
  { sendersAtOnce: 50, eventsEach: 20 },
]

/** How long `?wait=queryable` holds an answer back, and whether the row was there then. */
export async function benchWait({ isTiny, say }: BenchOptions): Promise<Figures> {
  await using resources = new AsyncDisposableStack()
  const logDir = mkdtempSync(join(tmpdir(), 'custom-events-bench-'))
  resources.defer(() => rmSync(logDir, { recursive: true }))
  const stack = resources.use(await startStack({ onProgress: say }))
  const pipeline = resources.use(await startPipeline({ servers: stack.environment, logDir }))
  const ask = createAsk(stack.environment)
  const isThere = async (id: string): Promise<boolean> => {
    const [row] = await ask(
      `SELECT count() AS n FROM custom_events.tracked WHERE group_id = '${groupOf(id)}' AND event_id = '${id}'`,
    )
    return Number(row?.['n']) === 1
  }

  const rows: (string | number)[][] = []
  for (const { sendersAtOnce, eventsEach } of CASES) {
    const seen = { waitsMs: [] as number[], notQueryable: 0, missing: 0 }
    const send = async (sender: number): Promise<void> => {
      for (let n = 0; n < (isTiny ? 2 : eventsEach); n++) {
        const id = `wait-${sendersAtOnce}-${sender}-${n}`
        const startedAt = performance.now()
        if (!(await isQueryable(pipeline.url, id))) seen.notQueryable++
        seen.waitsMs.push(performance.now() - startedAt)
        if (!(await isThere(id))) seen.missing++
      }
    }
    await Promise.all(Array.from({ length: sendersAtOnce }, (_, sender) => send(sender)))
    rows.push([
      sendersAtOnce,
      seen.waitsMs.length,
      ...[0.5, 0.95, 0.99].map((q) => quantile(seen.waitsMs, q) / 1_000),
      seen.notQueryable,
      seen.missing,
    ])
  }
  const columns = [
    'at once',
    'events',
    'p50, s',
    'p95, s',
    'p99, s',
    'not queryable',
    'row missing',
  ]
  return { tables: [{ name: 'wait', columns, rows }], plots: [], ratios: {}, notes: [] }
}

const groupOf = (id: string): string => `account_${id.split('-')[2]}`

async function isQueryable(url: string, id: string): Promise<boolean> {
  const body = JSON.stringify({
    event: 'waited_for',
    event_id: id,
    group_id: groupOf(id),
    user_id: 'u',
    timestamp: new Date().toISOString(),
  })
  const response = await fetch(`${url}/track?wait=queryable`, { method: 'POST', body })
  const { queryable } = (await response.json()) as { readonly queryable?: boolean } // our own answer
  return queryable === true
}
