import { Command, InvalidArgumentError } from 'commander'
import type { GrowRequest } from './run.ts'

const HELP = `
Without --yes nothing is changed: it is said what would be.

The next generation of the topic of accepted events is made, with more partitions (events.tracked.v1.g2). Ingest and consumers
follow by themselves, also when this command is killed: run it again to see the end. Two minutes after it began every ingest
answers 503 for some seconds, in which senders try again; no update is lost, and no order within an account.

Before: every ingest and every consumer must be of a release that knows of generations, and their Kafka users need the rights on
topics that begin with KAFKA_TOPIC. KAFKA_PARTITIONS stays what it is. The old topic is read on; do not delete it.

Examples:
  npm run -s topic -- grow --partitions 48
  npm run -s topic -- grow --partitions 48 --yes

Exit codes:
  0  it has so many partitions; without --yes: it was said what would be done
  1  not done, or not to its end: the output says what and why; repeat it
  64 wrong usage   78 wrong configuration   130 stopped by Ctrl-C: repeat it`

/** @param grow does it. */
export function topicCommand(grow: (request: GrowRequest) => Promise<void>): Command {
  const command = new Command('topic').description('change the topic of accepted events')
  command
    .command('grow')
    .exitOverride()
    .description('give accounts more partitions, without losing an update')
    .requiredOption('--partitions <number>', 'so many in all', partitionsFrom)
    .option('--yes', 'do it', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .action(({ partitions, yes }: { readonly partitions: number; readonly yes: boolean }) =>
      grow({ partitions, isMeant: yes }),
    )
  return command
}

const MOST = 1_000

function partitionsFrom(text: string): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= 1 && number <= MOST) return number
  throw new InvalidArgumentError(`expected a whole number from 1 to ${MOST}`)
}
