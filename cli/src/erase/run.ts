import { createClickHouse, readErasureRows, type Erasure } from '@custom-events/clickhouse'
import { audited, type Told } from '../audit/audited.ts'
import { fix, step } from '../step.ts'
import { begin, isUnfinished, lift } from './asked.ts'
import type { EraseConfig } from './config.ts'
import { eraseAll, STOPPED, type Done } from './erase-all.ts'
import type { ErasePorts } from './erase.ts'
import { goOn } from './go-on.ts'
import { ambiguityOf } from './one-account.ts'
import { openKafka } from './topic/open-kafka.ts'
import { countWhatGoes } from './plan.ts'
import { listLines, planLines } from './report.ts'
import { auditedArguments, idOf, type EraseRequest } from './request.ts'
import { createTeller, type Screen } from './tell.ts'
import { openKeys } from './their-keys.ts'

const WRONG_USAGE = 64
/** For what is counted of one month. */
const COUNT_LIMIT_S = 600

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
  const patient = resources.use(createClickHouse(config, { queryLimitS: COUNT_LIMIT_S }))
  const counting = { ...servers, clickhouse: patient }
  const rows = await step('reading the erasures', fix.clickhouse(config), () =>
    readErasureRows(clickhouse),
  )
  const tell = createTeller(screen)
  if (request.kind === 'list') {
    tell.lines(listLines(rows))
    return 0
  }
  const keys = await step('looking for keys of sealed properties', fix.clickhouse(config), () =>
    openKeys({ ...read, stop }, clickhouse, resources),
  )
  if (request.kind === 'erase' && !request.isMeant) {
    const { target, before } = request
    const selection = { id: idOf(target), timestampBefore: before }
    const plan = await step('counting', fix.clickhouse(config), () =>
      countWhatGoes(counting, selection, keys),
    )
    tell.lines(planLines(request, plan))
    return 0
  }
  const ambiguity = await step('counting accounts', fix.clickhouse(config), () =>
    ambiguityOf(counting, request),
  )
  if (ambiguity !== null) {
    tell.lines(ambiguity)
    return WRONG_USAGE
  }
  const topic = await step('opening the topic of erasures', fix.kafka(config), () =>
    openKafka({ config, log, resources, stop }),
  )
  const settleMs = config.ERASE_SETTLE_SECONDS * 1_000
  const waiting = { stop, onWaiting: tell.waiting }
  const ports = { servers, counting, topic, keys, waiting, settleMs, onStep: tell.step }
  const act = (): Promise<Done> => change(request, { ports, rows, tell, config })
  if (request.kind === 'lift' && !request.isMeant) return (await act()).exitCode
  const command = {
    command: 'erase',
    args: auditedArguments(request),
    by: request.by ?? undefined,
  }
  const audit = { run: act, tell: told, fix: fix.clickhouse(config) }
  return (await audited(clickhouse, command, audit)).exitCode
}

function told({ exitCode, counts }: Done): Told {
  const outcome = exitCode === 0 ? 'done' : exitCode === STOPPED ? 'stopped' : 'failed'
  return { outcome, counts }
}

interface Tools {
  readonly ports: Omit<ErasePorts, 'onReceipt'>
  readonly rows: readonly Erasure[]
  readonly tell: ReturnType<typeof createTeller>
  readonly config: EraseConfig['config']
}

async function change(request: EraseRequest, { ports, rows, tell, config }: Tools): Promise<Done> {
  const tools = { ports, tell, fix: goOn(config) }
  switch (request.kind) {
    case 'discard-unreadable': {
      const discarded = await ports.topic.discard()
      tell.lines([`${discarded} records that could not be read were taken away.`])
      return { exitCode: 0, counts: { discarded } }
    }
    case 'lift':
      return { exitCode: await lift(ports, request, rows, tell.lines), counts: {} }
    case 'erase': {
      const begun = await step('writing down what is asked', fix.clickhouse(config), () =>
        begin(ports, request, rows),
      )
      return eraseAll([begun], request, tools)
    }
    case 'resume':
    case 'list': // told before
      return eraseAll(rows.filter(isUnfinished), request, tools)
    default:
      return request satisfies never
  }
}
