import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '../../test/support/eventually.ts'
import type { TestPipeline } from '../../test/support/pipeline.ts'
import { countCalls } from './coverage.ts'
import { passedFiles, type PassedFile } from './files.ts'

/** Until everything that is done once is done: first connections, first schema, first file read. */
const WARM_UP = { ingest: 20, consumer: 2 }
const ROUNDS = { ingest: 8, consumer: 4 }
/** After the row is there: its offset is committed. */
const COMMIT_MS = 500

/** @param pipeline started with `INSPECTED` in its environment. @returns what an event passes from request to answer. */
export function wayThroughIngest(pipeline: TestPipeline): Promise<readonly PassedFile[]> {
  const send = async (id: string): Promise<void> => {
    const response = await pipeline.post('/track', usualEvent(id))
    const text = await response.text()
    if (!response.ok) throw new Error(`POST /track answered ${response.status}: ${text}`)
  }
  return passedOf(pipeline.ingest.logFile, send, { warmUp: WARM_UP.ingest, rounds: ROUNDS.ingest })
}

/** The same for the consumer, of a batch of one event: until its row can be queried and its offset is committed. */
export function wayThroughConsumer(pipeline: TestPipeline): Promise<readonly PassedFile[]> {
  const [consumer] = pipeline.consumers
  if (consumer === undefined) throw new Error('the pipeline has no consumer')
  const send = async (id: string): Promise<void> => {
    await pipeline.post('/track', usualEvent(id))
    await eventually(async () => {
      const rows = await pipeline.query(`SELECT event_id FROM events WHERE event_id = '${id}'`)
      if (rows.length === 0) throw new Error(`${id} has no row`)
    })
    await delay(COMMIT_MS)
  }
  return passedOf(consumer.logFile, send, { warmUp: WARM_UP.consumer, rounds: ROUNDS.consumer })
}

function usualEvent(id: string): string {
  return JSON.stringify({
    event: 'subscription_upgraded',
    event_id: id,
    user_id: 'user_456',
    group_id: 'account_789',
    timestamp: new Date().toISOString(),
    properties: { plan: 'pro', seats: 12 },
  })
}

/**
 * Sends one event after the other, and finds what each of them passes in a process: what ran every time.
 *
 * @param send sends one event, and returns when it is through.
 */
async function passedOf(
  logFile: string,
  send: (id: string) => Promise<void>,
  { warmUp, rounds }: { readonly warmUp: number; readonly rounds: number },
): Promise<readonly PassedFile[]> {
  for (let count = 0; count < warmUp; count++) await send(randomUUID())
  await using coverage = await countCalls(logFile)
  await send(randomUUID()) // functions are compiled anew once they are counted
  const ran: ReadonlySet<string>[] = []
  const idle = new Set<string>()
  for (let count = 0; count < rounds; count++) {
    await coverage.take()
    const startedAt = performance.now()
    await send(randomUUID())
    const tookMs = performance.now() - startedAt
    ran.push(await coverage.take())
    await delay(tookMs)
    for (const name of await coverage.take()) idle.add(name)
  }
  return passedFiles(ran, idle, readSources())
}

/** What the product is made of, without its tests. */
function readSources(): ReadonlyMap<string, string> {
  const listed = execFileSync('git', ['ls-files', 'packages', 'services'], { encoding: 'utf8' })
  const files = listed.split('\n').filter((path) => /(?<!\.test|\.fixture)\.ts$/.test(path))
  const product = files.filter((path) => !path.includes('/testing/') && existsSync(path))
  return new Map(product.map((path) => [path, readFileSync(path, 'utf8')]))
}
