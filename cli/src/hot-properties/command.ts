import { Command, InvalidArgumentError } from 'commander'
import type { HotPropertiesRequest } from './run.ts'

const HELP = `
Without --fill it changes nothing: it reads system.query_log, which properties queries read from the JSON of events, measures
what that costs, and prints what to declare. With --fill it writes the columns that are declared into parts from before,
one month after the other. Ctrl-C ends it; run it again to go on.

Examples:
  npm run hot-properties -- --days 30
  npm run hot-properties -- --fill
  npm run hot-properties -- --fill plan price

Exit codes:
  0  done   1  it failed; the output says why   64 wrong usage   78 wrong configuration   130 stopped by Ctrl-C`

interface Flags {
  readonly days: number
  readonly top: number
  readonly fill?: true | readonly string[]
}

/** @param run does it */
export function hotPropertiesCommand(
  run: (request: HotPropertiesRequest) => Promise<void>,
): Command {
  return new Command('hot-properties')
    .description('which properties should have a column, by what is asked; fill such columns')
    .option('--days <days>', 'how far back the log is read, 1 to 365', wholeNumber(365), 7)
    .option('--top <count>', 'how many properties, 1 to 50', wholeNumber(50), 10)
    .option('--fill [columns...]', 'fill these columns, or all, in parts from before')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .action(async ({ days, top, fill }: Flags, command: Command) => {
      const unread = ['days', 'top'].filter((name) => command.getOptionValueSource(name) === 'cli')
      if (fill !== undefined && unread.length > 0) {
        const names = unread.map((name) => `--${name}`).join(' and ')
        command.error(`error: ${names} cannot go with --fill, which reads no log: leave out the one or the other`) // prettier-ignore
      }
      await run({ days, top, fill: fill === undefined ? null : fill === true ? [] : fill })
    })
}

function wholeNumber(max: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (/^\d+$/.test(text) && number >= 1 && number <= max) return number
    throw new InvalidArgumentError(`expected a whole number from 1 to ${max}, got ${text}`)
  }
}
