import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { bodyOf, SINGLE } from '../bodies.ts'
import type { Figures } from '../figures.ts'
import { loadClosedLoop, loadOpenLoop } from '../load.ts'
import { memoryBytes, peakMemoryBytes } from '../memory.ts'
import type { BenchOptions } from '../options.ts'
import { openWorkbench, type MeasuredServer } from './servers.ts'

const LARGEST = { ...SINGLE, eventsPerBody: 2_500 }
/** The same with events so large that the body is just below its limit of 5 MiB. */
const HEAVIEST = { ...LARGEST, eventBytes: 2_000 }
/** The client that sends lists is at work before the first single event, and until the last. */
const HEAD_START_MS = 1_000
const HELD_BODIES = 12
const HELD_MS = 1_000

/** What the largest requests do to the others and to the memory. */
export async function benchBounds(options: BenchOptions): Promise<Figures> {
  await using bench = await openWorkbench(options.say)
  const servers = {
    'up to the producer': await bench.startPeer('up-to-producer.ts', '/openapi.json'),
    'through Kafka': await bench.startIngest({ KAFKA_TOPIC: 'bench.bounds' }),
  }
  const rows: (string | number)[][] = []
  for (const [name, server] of Object.entries(servers)) {
    await warmUp(server, options)
    for (const isDisturbed of [false, true]) {
      const { p50Ms, p99Ms, p999Ms, maxMs } = await neighbours(server, isDisturbed, options)
      rows.push([name, isDisturbed ? 'yes' : 'no', p50Ms, p99Ms, p999Ms, maxMs])
    }
  }
  return {
    tables: [
      {
        name: 'neighbours',
        columns: ['server', 'beside it', 'p50, ms', 'p99, ms', 'p99.9, ms', 'max, ms'],
        rows,
      },
      await memoryTable(await bench.startIngest({ KAFKA_TOPIC: 'bench.memory' }), options),
    ],
    plots: [],
    ratios: {},
    notes: [
      'Beside it: one connection posts 2,500 events at a time without a pause, from the same core as the ' +
        'single events and Kafka. 100 single events a second, on connections that were used once. Both ' +
        'loads ran before, so that code is compiled: what a fresh process takes for it is not in here.',
      ...bench.warnings,
    ],
  }
}

/** So that neither load meets code that was never run: that alone takes up to some 100 ms. */
async function warmUp(server: MeasuredServer, { warmUpSeconds }: BenchOptions): Promise<void> {
  if (warmUpSeconds === 0) return
  const url = `${server.url}/track`
  await loadClosedLoop({ url, shape: LARGEST, connections: 1, seconds: warmUpSeconds })
  await loadClosedLoop({ url, shape: SINGLE, connections: 50, seconds: warmUpSeconds })
}

/** Single events at a low rate, alone or beside a client that sends the largest lists. */
async function neighbours(server: MeasuredServer, isDisturbed: boolean, options: BenchOptions) {
  const url = `${server.url}/track`
  const seconds = 2 * options.secondsPerCase
  const disturbing = isDisturbed
    ? loadClosedLoop({ url, shape: LARGEST, connections: 1, seconds: seconds + 2 })
    : null
  if (isDisturbed) await delay(HEAD_START_MS)
  const [seen] = await Promise.all([
    loadOpenLoop({ url, shape: SINGLE, connections: 50, seconds, requestsPerSecond: 100 }),
    disturbing,
  ])
  if (seen.notOk > 0) throw new Error(`${url}: ${seen.notOk} single events were not accepted`)
  return seen
}

/** As many bytes in flight as ingest takes: all but the last byte of each body, then the last of all. */
async function memoryTable(server: MeasuredServer, { rounds, say }: BenchOptions) {
  const bodies = Array.from({ length: HELD_BODIES }, (_, number) => bodyOf(HEAVIEST, number))
  const idle = memoryBytes(server.pid)
  const answers = new Map<number, number>()
  let held = 0
  for (let round = 1; round <= rounds; round++) {
    const sending = bodies.map((body) => holdBack(server, body))
    await delay(HELD_MS)
    held = Math.max(held, memoryBytes(server.pid))
    for (const status of await Promise.all(sending.map((finish) => finish()))) {
      answers.set(status, (answers.get(status) ?? 0) + 1)
    }
    say(`${HELD_BODIES} bodies of ${bodies[0]?.length} bytes at once, round ${round} of ${rounds}`)
  }
  const megabytes = (bytes: number): number => Math.round(bytes / 1e6)
  const bodyBytes = bodies.reduce((sum, body) => sum + body.length, 0)
  return {
    name: 'memory',
    columns: ['bytes in flight, MB', 'idle, MB', 'while held, MB', 'peak, MB', 'answers'],
    rows: [
      [
        megabytes(bodyBytes),
        megabytes(idle),
        megabytes(held),
        megabytes(peakMemoryBytes(server.pid)),
        [...answers].map(([status, count]) => `${count} × ${status}`).join(', '),
      ],
    ],
  }
}

/** Sends all but the last byte. @returns what sends that one and resolves with the status. */
function holdBack(server: MeasuredServer, body: Buffer): () => Promise<number> {
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  const sending = request(`${server.url}/track`, { method: 'POST', headers })
  const answered = new Promise<number>((resolve, reject) => {
    sending.once('response', (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
    sending.once('error', reject)
  })
  sending.write(body.subarray(0, -1))
  return () => {
    sending.end(body.subarray(-1))
    return answered
  }
}
