import { Command, InvalidArgumentError } from 'commander'
import { wrongAccount } from '@custom-events/event'
import type { GrowRequest } from './run.ts'

const HELP = `
Without --yes nothing is changed: it is said what would be.

The next generation of the topic of accepted events is made, with more partitions (events.tracked.v1.g2). Ingest and consumers
follow by themselves, also when this command is killed: run it again to see the end. Two minutes after it began every ingest
answers 503 for some seconds, in which senders try again; no update is lost, and no order within an account.

Before: every ingest and every consumer must be of a release that knows of generations (consumers are looked at, in the groups that KAFKA_CONSUMER_GROUP and
CLICKHOUSE_SHARDS name: one that nobody was ever in is refused), and their Kafka users need the rights on topics that begin with KAFKA_TOPIC. KAFKA_PARTITIONS stays what it is. The old topic is read on; do not delete it.

An account that is split has its events in all partitions instead of one: copies of an event stay together, and the last one wins as
before; there is no order between its events any more. What is split stays so in later generations, until --unsplit.

Examples:
  npm run -s topic -- grow --partitions 48
  npm run -s topic -- grow --partitions 48 --yes
  npm run -s topic -- grow --split account_1 --split account_2 --yes
  npm run -s topic -- grow --unsplit account_1 --yes

Exit codes:
  0  accounts are placed so; without --yes: it was said what would be done
  1  not done, or not to its end: the output says what and why; repeat it
  64 wrong usage   78 wrong configuration   130 stopped by Ctrl-C: repeat it`

/** @param grow does it. */
export function topicCommand(grow: (request: GrowRequest) => Promise<void>): Command {
  const command = new Command('topic').description('change the topic of accepted events')
  command
    .command('grow')
    .exitOverride()
    .description('give accounts more partitions, without losing an update')
    .option('--partitions <number>', 'so many in all (default: as many as now)', partitionsFrom)
    .option('--split <account>', 'spread its events over partitions; may be repeated', accounts, [])
    .option('--unsplit <account>', 'no longer; may be repeated', accounts, [])
    .option('--no-consumers', 'no consumer has ever run: look for no group')
    .option('--yes', 'do it', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .action((flags: Flags, growing: Command) => grow(requestFrom(flags, growing)))
  return command
}

interface Flags {
  readonly partitions?: number
  readonly split: readonly string[]
  readonly unsplit: readonly string[]
  readonly consumers: boolean
  readonly yes: boolean
}

function requestFrom(flags: Flags, command: Command): GrowRequest {
  const { partitions, split, unsplit, consumers, yes } = flags
  const both = split.find((id) => unsplit.includes(id))
  if (both !== undefined) command.error(`error: --split and --unsplit both name ${both}`)
  if (partitions === undefined && split.length + unsplit.length === 0)
    command.error('error: --partitions, --split or --unsplit is needed')
  return {
    partitions: partitions ?? null,
    split,
    unsplit,
    isMeant: yes,
    hasConsumers: consumers,
  }
}

const MOST = 1_000

function partitionsFrom(text: string): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= 1 && number <= MOST) return number
  throw new InvalidArgumentError(`expected a whole number from 1 to ${MOST}`)
}

/** @param before those named so far. */
function accounts(id: string, before: readonly string[]): readonly string[] {
  const wrong = wrongAccount(id)
  if (wrong !== null) throw new InvalidArgumentError(`${wrong}: no account has this id`)
  return [...before, id]
}
