import {
  ClickHouseFailure,
  openShards,
  quoteIdentifier,
  readShard,
  shardProblem,
  type ClickHouse,
  type OpenShard,
  type OpenShards,
} from '@custom-events/clickhouse'
import { fix, step } from '../step.ts'

type Config = Parameters<typeof openShards>[0]

/** How a command asks its ClickHouses which shard each is. */
interface Asking {
  /** Who cannot ask the only one does nothing: what is said of one of several as if it were all would be false. @default false */
  readonly mustKnow?: boolean
  /** Puts the question to one of them, and may put it again. @default once */
  readonly ask?: <T>(shard: OpenShard, question: () => Promise<T>) => Promise<T>
  /** @default a line on stderr */
  readonly warn?: (line: string) => void
}

/** The shards that are configured are not those that the ClickHouses say they are. */
export class OtherShards extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n  '))
    this.name = 'OtherShards'
  }
}

/**
 * Every ClickHouse of a command; each was asked whether it is the shard that it is taken for.
 *
 * @throws {StepError} also when one of several is away: half of the accounts is no answer.
 */
export async function openOwnShards(
  config: Config,
  resources: AsyncDisposableStack,
  asking: Asking = {},
): Promise<OpenShards> {
  const shards = openShards(config, resources)
  const { ask = (_, question) => question(), ...how } = asking
  await step('asking which shard each ClickHouse is', fix.clickhouse(config), () =>
    mustBeThese(shards, (shard) =>
      ask(shard, () => problemOf(shard, { user: config.CLICKHOUSE_USER, ...how })),
    ),
  )
  return shards
}

/** @throws {OtherShards} with the problems of all */
export async function mustBeThese(
  shards: readonly OpenShard[],
  problemOfOne: (shard: OpenShard) => Promise<string | null>,
): Promise<void> {
  const problems = await onEach(shards, problemOfOne)
  const some = problems.filter((problem) => problem !== null)
  if (some.length > 0) throw new OtherShards(some)
}

/** @returns why it may not be asked anything else. @throws {ClickHouseFailure} */
export async function problemOf(
  shard: Pick<OpenShard, 'shard' | 'shards' | 'url'> & {
    readonly clickhouse: Pick<ClickHouse, 'query' | 'database'>
  },
  { mustKnow = false, warn = onStderr, user }: Omit<Asking, 'ask'> & { readonly user: string },
): Promise<string | null> {
  try {
    return shardProblem(shard, await readShard(shard.clickhouse))
  } catch (error) {
    if (shard.shards > 1 || !(error instanceof ClickHouseFailure)) throw error
    const does = unknownShard(error.failure, mustKnow)
    if (does === 'throw') throw error
    if (does === 'warn') warn(warningOf(user, shard.clickhouse.database))
    return null
  }
}

const ACCESS_DENIED = 497
/** UNKNOWN_TABLE, UNKNOWN_DATABASE. */
const NOTHING_THERE: ReadonlySet<number | null> = new Set([60, 81])

/** What a command does that cannot find out whether the only ClickHouse is one of several. */
export function unknownShard(
  { code, network }: Pick<ClickHouseFailure['failure'], 'code' | 'network'>,
  mustKnow: boolean,
): 'go on' | 'warn' | 'throw' {
  if (NOTHING_THERE.has(code)) return 'go on' // the command itself is told it, in its own words
  if (mustKnow) return 'throw'
  if (network !== null) return 'go on' // likewise
  return code === ACCESS_DENIED ? 'warn' : 'throw'
}

function warningOf(user: string, database: string): string {
  return (
    `${user} may not ask whether this ClickHouse is one of several shards, of which this would be one part: ` +
    `GRANT SELECT ON ${quoteIdentifier(database)}.shard TO ${quoteIdentifier(user)}`
  )
}

function onStderr(line: string): void {
  process.stderr.write(`warning: ${line}\n`)
}

/**
 * Does something on every shard at once, and waits for all. @returns in their order
 *
 * @throws as the first of them, when all have ended
 */
export async function onEach<S, T>(
  shards: readonly S[],
  run: (shard: S, index: number) => Promise<T>,
): Promise<readonly T[]> {
  const outcomes = await Promise.allSettled(shards.map(run))
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}

/** The same for lines, each of which says which of several shards it is about. */
export function sayingOf(
  { name }: Pick<OpenShard, 'name'>,
  print: (line: string) => void,
): (line: string) => void {
  return name === '' ? print : (line) => print(`${name}: ${line}`)
}
