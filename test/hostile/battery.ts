import { eventually } from '../support/eventually.ts'
import type { TestPipeline } from '../support/pipeline.ts'
import { createClient, type Client } from './client.ts'
import { allFamilies } from './families.ts'
import { soundFields, soundRow, textOf, markerOf, type Input } from './input.ts'
import { faultsOfAnswer, faultsOfVerdict, keptEvents, type KeptEvent } from './judge.ts'
import { figuresOf, heldBytes, readMetrics, total, type ProcessFigures } from './process-figures.ts'
import { sendRaw } from './raw-family.ts'
import { addFault, countAnswer, startReport, type Report } from './report.ts'
import { compareRows } from './rows.ts'

export interface BatteryOptions {
  readonly seed: number
  /** Multiplies what is generated; the corpora are sent once. @default 1 */
  readonly scale: number
  readonly opsUrl: string
  /** After so long only a few of each family are sent: a busy machine must not fail for being busy. */
  readonly budgetMs: number
}

const CONNECTIONS = 32
const MEBIBYTE = 1_024 ** 2

/** Sends every family through the real pipeline and compares what is stored with what was sent. */
export async function runBattery(pipeline: TestPipeline, options: BatteryOptions): Promise<Report> {
  const { seed, scale, opsUrl, budgetMs } = options
  const report = startReport(seed)
  const kept: KeptEvent[] = []
  using client = createClient(pipeline.url, CONNECTIONS)
  const startedAt = performance.now()
  const isLate = (): boolean => performance.now() - startedAt > budgetMs
  await warmUp(client, seed)
  const before = figuresOf(pipeline.ingest.pid)
  const work = (): Promise<void> => warmUp(client, seed, 1)
  const heldBefore = await heldBytes(opsUrl, work)
  await readMetrics(opsUrl) // the event loop's delay is measured between two readings
  for (const inputs of allFamilies(seed, scale)) {
    kept.push(...(await sendAll(report, { client, isLate }, inputs)))
  }
  report.isCutShort = isLate()
  const count = report.isCutShort ? FEW : Math.round(2_500 * scale)
  const raw = await sendRaw(report, pipeline.url, { seed: seed + 20, count })
  report.figures['seconds of sending'] = Math.round((performance.now() - startedAt) / 1_000)
  const metrics = await readMetrics(opsUrl)
  const sent = {
    kept: [...kept, ...raw.kept],
    unknownIds: raw.unknownIds,
    acceptedCount: total(metrics, 'events_accepted_total'),
  }
  await compareRows(report, pipeline, sent)
  noteProcess(report, before, await settled(pipeline.ingest.pid, before))
  noteHeld(report, heldBefore, await heldBytes(opsUrl, work))
  noteMetrics(report, metrics)
  return report
}

const FEW = 50

/** Good events and a few of the largest bodies, so that what grows later is not just the first use. */
async function warmUp(client: Client, seed: number, rounds = 20): Promise<void> {
  const large = Buffer.alloc(5 * MEBIBYTE, ' ')
  const sound = (index: number): Input => {
    const marker = markerOf(seed + 100, index)
    const body = Buffer.from(textOf(soundFields(marker)))
    return { family: 'warm up', name: '', body, verdict: 'any', rows: [soundRow(marker)] }
  }
  const path = '/v1/validate' // keeps nothing
  for (let round = 0; round < rounds; round += 1) {
    const list = Array.from({ length: 64 }, (_, at) => ({ ...sound(round * 64 + at), path }))
    await Promise.all(list.map((input) => client.send(input)))
    if (round < 4) await client.send({ ...sound(0), path, body: large })
  }
}

async function sendAll(
  report: Report,
  { client, isLate }: { readonly client: Client; readonly isLate: () => boolean },
  inputs: readonly Input[],
): Promise<readonly KeptEvent[]> {
  const kept: KeptEvent[] = []
  const queue = inputs.entries()
  const work = async (): Promise<void> => {
    for (const [index, input] of queue) {
      if (index >= FEW && isLate()) break
      const answer = await client.send(input)
      countAnswer(report, input, answer)
      for (const fault of [...faultsOfAnswer(answer), ...faultsOfVerdict(input, answer)]) {
        addFault(report, `${input.family}: ${input.name}: ${fault}`)
      }
      kept.push(...keptEvents(input, answer))
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
  return kept
}

/** P6: waits until the memory of the last requests is collected and their connections are closed. */
async function settled(pid: number, before: ProcessFigures): Promise<ProcessFigures> {
  let after = figuresOf(pid)
  await eventually(
    () => {
      after = figuresOf(pid)
      if (after.descriptors > before.descriptors) throw new Error('descriptors are still open')
    },
    { withinMs: 5_000 },
  ).catch(() => {}) // told by the report
  return after
}

function noteProcess(report: Report, before: ProcessFigures, after: ProcessFigures): void {
  const grown = Math.round((after.rssBytes - before.rssBytes) / MEBIBYTE)
  const rss = Math.round(after.rssBytes / MEBIBYTE)
  report.figures['ingest, resident MiB afterwards'] = `${rss} (${grown} more than before)`
  report.figures['ingest, descriptors afterwards'] =
    `${after.descriptors} (before: ${before.descriptors})`
  const more = after.descriptors - before.descriptors
  if (more > 0) addFault(report, `${more} descriptors of ingest were not closed`)
}

/** What leaks is held. Resident memory is told, not judged: V8 keeps what its young space once had. */
function noteHeld(report: Report, before: number, after: number): void {
  const grown = Math.round((after - before) / MEBIBYTE)
  report.figures['ingest, held MiB afterwards'] = `${Math.round(after / MEBIBYTE)} (${grown} more)`
  if (grown > 64) addFault(report, `ingest holds ${grown} MiB more than before`)
}

function noteMetrics(report: Report, metrics: ReadonlyMap<string, number>): void {
  const p99 = (metrics.get('nodejs_eventloop_lag_p99_seconds') ?? 0) * 1_000
  report.figures['ingest, event loop p99 ms'] = Math.round(p99)
  const names = ['accepted', 'rejected', 'ignored', 'unacknowledged']
  const fates = names.map((name) => total(metrics, `events_${name}_total`))
  const sum = fates.reduce((all, count) => all + count, 0)
  const received = total(metrics, 'events_received_total')
  report.figures['events received by ingest'] =
    `${received}: ${fates.map((count, at) => `${names[at]} ${count}`).join(', ')}`
  if (received !== sum)
    addFault(report, `received ${received} events, but knows the fate of ${sum}`)
  const failed = metrics.get('custom_events_requests_total{status="500"}') ?? 0
  if (failed > 0) addFault(report, `${failed} answers were 500`)
}
