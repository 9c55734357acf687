import { counted } from '../counted.ts'
import { openShards, type OpenShard, type OpenShards } from '@custom-events/clickhouse'
import { erasedKey } from '@custom-events/event'
import { audited, type Told } from '../audit/audited.ts'
import { openOwnShards } from '../shards/open.ts'
import { fix, step } from '../step.ts'
import { begin, isUnfinished, lift, tellOfLifted } from './asked.ts'
import type { EraseConfig } from './config.ts'
import { eraseAll, STOPPED, type Done } from './erase-all.ts'
import type { ErasePorts } from './erase.ts'
import { forgottenOf, type Forgotten } from './forgotten/forgotten.ts'
import { goOn } from './go-on.ts'
import { ambiguityOf } from './one-account.ts'
import type { EraseShard } from './shards/one-shard.ts'
import { openKafka } from './topic/open-kafka.ts'
import { countWhatGoes } from './plan.ts'
import { linkedCount, linkedLines, listLines, planLines } from './report.ts'
import { auditedArguments, keysOver, selectionAsked, type EraseRequest } from './request.ts'
import { readErasures, type SpreadErasure } from './shards/spread.ts'
import { createTeller, type Screen } from './tell.ts'
import { writeDownEmpty } from './forgotten/write-down.ts'
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
  const opened = await openOwnShards(config, resources, { mustKnow: true })
  const [{ clickhouse }] = opened
  const shards = eraseShards(opened, config, resources)
  const erasures = await step('reading the erasures', fix.clickhouse(config), () =>
    readErasures(opened),
  )
  const tell = createTeller(screen)
  if (request.kind === 'list') {
    tell.lines(listLines(erasures))
    return 0
  }
  const keys = await step('looking for keys of sealed properties', fix.clickhouse(config), () =>
    openKeys({ ...read, stop }, opened, resources),
  )
  if (request.kind === 'erase' && !request.isMeant) {
    const selection = selectionAsked(request)
    const plan = await step('counting', fix.clickhouse(config), () =>
      countWhatGoes(shards, selection, keys),
    )
    const over = keysOver(request.target)
    const earlier = erasures.filter(({ id }) => over.has(erasedKey(id)))
    tell.lines(planLines(request, { ...plan, earlier }))
    return 0
  }
  const ambiguity = await step('counting accounts', fix.clickhouse(config), () =>
    ambiguityOf(shards, request),
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
  const onLinked: ErasePorts['onLinked'] = (id, linked) =>
    tell.lines(screen.isTerminal ? linkedLines(id, linked, Infinity) : linkedCount(id, linked))
  const ports = { shards, topic, keys, waiting, settleMs, onStep: tell.step, onLinked }
  const act = (): Promise<Done> => change(request, { ports, erasures, tell, config })
  if (request.kind === 'lift' && !request.isMeant) return (await act()).exitCode
  const command = {
    command: 'erase',
    args: auditedArguments(request),
    by: request.by ?? undefined,
  }
  const audit = { run: act, tell: told, fix: fix.clickhouse(config) }
  return (await audited(clickhouse, command, audit)).exitCode
}

/** With time to count in. */
function eraseShards(
  [first, ...others]: OpenShards,
  config: EraseConfig['config'],
  resources: AsyncDisposableStack,
): ErasePorts['shards'] {
  const patient = openShards(config, resources, { queryLimitS: COUNT_LIMIT_S })
  const cluster = config.CLICKHOUSE_CLUSTER
  const of = ({ name, clickhouse }: OpenShard, at: number): EraseShard => ({
    name,
    servers: { clickhouse, cluster },
    counting: { clickhouse: patient[at]?.clickhouse ?? clickhouse, cluster },
  })
  return [of(first, 0), ...others.map((shard, at) => of(shard, at + 1))]
}

function told({ exitCode, counts }: Done): Told {
  const outcome = exitCode === 0 ? 'done' : exitCode === STOPPED ? 'stopped' : 'failed'
  return { outcome, counts }
}

/** What no table knows of any more, see `forgottenOf`; of the erasures those that something is left to do for. */
async function findForgotten(
  ports: Tools['ports'],
  tell: Pick<Tools['tell'], 'lines'>,
): Promise<Forgotten> {
  const { shards, topic } = ports
  const records = await topic.all()
  // After Kafka: what another command has begun meanwhile was in the tables before.
  const known = await readErasures(shards.map(({ servers }) => servers))
  const { erasures, lifts } = forgottenOf(records, known)
  const withRows = await writeDownEmpty(ports, erasures)
  if (erasures.length > 0) {
    const them = `${counted(erasures.length, 'erasure')} that Kafka tells of and no table`
    tell.lines([`${them}, as of an older backup: ${withRows.length} of them are done again`])
  }
  return { erasures: withRows, lifts }
}

interface Tools {
  readonly ports: Omit<ErasePorts, 'onReceipt'>
  readonly erasures: readonly SpreadErasure[]
  readonly tell: ReturnType<typeof createTeller>
  readonly config: EraseConfig['config']
}

async function change(
  request: EraseRequest,
  { ports, erasures, tell, config }: Tools,
): Promise<Done> {
  const tools = { ports, tell, fix: goOn(config) }
  switch (request.kind) {
    case 'discard-unreadable': {
      const discarded = await ports.topic.discard()
      tell.lines([`${counted(discarded, 'record')} taken away that could not be read.`])
      return { exitCode: 0, counts: { discarded } }
    }
    case 'lift':
      return { exitCode: await lift(ports, request, erasures, tell.lines), counts: {} }
    case 'erase': {
      const begun = await step('writing down what is asked', fix.clickhouse(config), () =>
        begin(ports, request, erasures),
      )
      return eraseAll([begun], request, tools)
    }
    case 'resume': {
      const tellLifts = (lifts: readonly SpreadErasure[]): Promise<void> =>
        step('telling every shard what was lifted', fix.clickhouse(config), () =>
          tellOfLifted(ports, lifts),
        )
      await tellLifts(erasures)
      const forgotten = await step('looking for erasures that no table has', goOn(config), () =>
        findForgotten(ports, tell),
      )
      const todo = [...erasures.filter(isUnfinished), ...forgotten.erasures]
      const done = await eraseAll(todo, request, tools)
      if (done.exitCode === 0) await tellLifts(forgotten.lifts)
      return done
    }
    case 'list': // told before
      return eraseAll([], request, tools)
    default:
      return request satisfies never
  }
}
