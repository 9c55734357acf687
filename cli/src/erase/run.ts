import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import {
  clickhouseTime,
  createClickHouse,
  ErasureStalled,
  readErasureRows,
  writeErasureRow,
  type Erasure,
} from '@custom-events/clickhouse'
import { erasedIdOf, type ErasedKind } from '@custom-events/event'
import { fix, step } from '../step.ts'
import type { EraseConfig } from './config.ts'
import { erase, type ErasePorts } from './erase.ts'
import { openKafka } from './open-kafka.ts'
import { countWhatGoes } from './plan.ts'
import { listLines, planLines, receiptLines } from './report.ts'
import { createTeller, type Screen } from './tell.ts'

interface Common {
  readonly by: string | null
  /** File that the receipt is written to as well. */
  readonly receipt: string | null
  /** Without it nothing is changed. */
  readonly isMeant: boolean
}

/** What an operator asked for. */
export type EraseRequest =
  | (Target & { readonly kind: 'erase' | 'lift' })
  | (Common & { readonly kind: 'resume' | 'list' | 'discard-unreadable' })

const STOPPED = 130

/**
 * `custom-events erase`.
 *
 * @returns the exit code. @throws {StepError} when a server cannot be used.
 */
export async function runErase(
  request: EraseRequest,
  { config: read, stop }: { readonly config: EraseConfig; readonly stop: AbortSignal },
  screen: Screen,
): Promise<number> {
  const { config, log } = read
  await using resources = new AsyncDisposableStack()
  const clickhouse = resources.use(createClickHouse(config))
  const servers = { clickhouse, cluster: config.CLICKHOUSE_CLUSTER }
  const rows = await step('reading the erasures', fix.clickhouse(config), () =>
    readErasureRows(clickhouse),
  )
  const tell = createTeller(screen)
  if (request.kind === 'list') {
    tell.lines(listLines(rows))
    return 0
  }
  if (request.kind === 'erase' && !request.isMeant) {
    const { target, before } = request
    const plan = await step('counting', fix.clickhouse(config), () =>
      countWhatGoes(servers, { id: erasedIdOf(target.kind, target.id), timestampBefore: before }),
    )
    tell.lines(planLines(target.kind, plan))
    return 0
  }
  const topic = await step('opening the topic of erasures', fix.kafka(config), () =>
    openKafka({ config, log, resources, stop }),
  )
  if (request.kind === 'discard-unreadable') {
    const discarded = await topic.discard()
    tell.lines([`${discarded} records that could not be read were taken away.`])
    return 0
  }
  const waiting = { stop, onWaiting: tell.waiting }
  const ports = {
    servers,
    topic,
    waiting,
    settleMs: config.ERASE_SETTLE_SECONDS * 1_000,
    onStep: tell.step,
  }
  try {
    if (request.kind === 'lift') return await lift(ports, request, rows, tell.lines)
    const todo =
      request.kind === 'erase' ? [await begin(ports, request, rows)] : rows.filter(isUnfinished)
    if (todo.length === 0) tell.lines(['Nothing to resume: every erasure is done.'])
    for (const erasure of todo) {
      const { receipt } = await erase(ports, erasure)
      tell.lines(receiptLines(receipt))
      if (request.receipt !== null)
        await writeFile(request.receipt, `${JSON.stringify(receipt, null, 2)}\n`)
    }
    return 0
  } catch (error) {
    tell.end()
    if (!(error instanceof ErasureStalled)) throw error
    tell.lines([`Not done: ${error.message}.`, 'Go on with: custom-events erase --resume'])
    return stop.aborted ? STOPPED : 1
  }
}

function isUnfinished({ state }: Erasure): boolean {
  return state !== 'done' && state !== 'lifted'
}

/** Of whom something is asked. */
type Target = Common & {
  readonly target: { readonly kind: ErasedKind; readonly id: string }
  readonly before: number | null
}

/** The same that was asked for before and is not done goes on. */
async function begin(
  { servers }: Pick<ErasePorts, 'servers'>,
  { target, before, by }: Target,
  rows: readonly Erasure[],
): Promise<Erasure> {
  const id = erasedIdOf(target.kind, target.id)
  const isSame = (row: Erasure): boolean =>
    row.id.kind === id.kind && row.id.sha256 === id.sha256 && row.timestampBefore === before
  const known = rows.find((row) => isUnfinished(row) && isSame(row))
  if (known !== undefined) return known
  const erasure = await newRow(servers.clickhouse, { id, before, by, state: 'asked' })
  await writeErasureRow(servers.clickhouse, erasure)
  return erasure
}

async function newRow(
  clickhouse: ErasePorts['servers']['clickhouse'],
  asked: Pick<Erasure, 'id' | 'state'> & {
    readonly before: number | null
    readonly by: string | null
  },
): Promise<Erasure> {
  return {
    erasureId: randomUUID(),
    id: asked.id,
    timestampBefore: asked.before,
    askedAt: await clickhouseTime(clickhouse),
    askedBy: asked.by ?? `${userName()}@${hostname()}`,
    state: asked.state,
    announcedAt: null,
    announcedOffset: null,
    found: {},
    pending: {},
    finishedAt: null,
    receiptSha256: '',
    step: 1,
  }
}

/** In a container there may be none. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`
  }
}

/** What was taken until now stays erased for ever; Kafka may still hold it. */
async function lift(
  { servers, topic }: ErasePorts,
  { target, by, isMeant }: Target,
  rows: readonly Erasure[],
  print: (lines: readonly string[]) => void,
): Promise<number> {
  const { clickhouse } = servers
  const id = erasedIdOf(target.kind, target.id)
  const known = await topic.find(id)
  const nowMs = await clickhouseTime(clickhouse)
  if (known === undefined) {
    print([`This ${target.kind} is not erased: there is nothing to lift.`])
    return 1
  }
  const unfinished = rows.find((row) => isUnfinished(row) && row.id.sha256 === id.sha256)
  if (unfinished !== undefined) {
    print([`An erasure of this ${target.kind} is not done: end it first with --resume.`])
    return 1
  }
  if (!isMeant) {
    print([`Dry run: what comes of this ${target.kind} from now on would be kept again.`])
    return 0
  }
  const row = await newRow(clickhouse, { id, before: null, by, state: 'lifted' })
  const { erasureId, askedBy, askedAt } = row
  const announcedOffset = await topic.lift(id, nowMs, { erasureId, askedBy, askedAt })
  await writeErasureRow(clickhouse, {
    ...row,
    announcedAt: nowMs,
    announcedOffset,
    finishedAt: nowMs,
  })
  print([
    `Lifted: what is taken of this ${target.kind} from ${new Date(nowMs).toISOString()} on is kept.`,
  ])
  return 0
}
