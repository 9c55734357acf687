import { Command, InvalidArgumentError, Option } from 'commander'
import { parseMoment } from '../replay/options.ts'
import { EXPORT_FORMATS, type ExportFormat, type ExportRequest } from './request.ts'

const HELP = `
It takes everything of one account, or of one person in it: events, each once, as the view tracked has them, and rejected events
whose account could be read. The folder then holds files of at most about --file-mib of text each and, written last, manifest.json with
their rows and SHA-256. An export that was killed has no manifest: run it again with the same folder, and it begins anew.

Examples:
  npm run -s export -- --group acme --format ndjson --out ./acme
  npm run -s export -- --group acme --user u-17 --from 2026-01-01 --format parquet --out ./u-17
  npm run -s export -- --verify ./acme

Exit codes:
  0  whole, or as its manifest says   1  it failed, or differs   64 wrong usage
  66 nobody of that name was found: the export is whole, and empty   78 wrong configuration   130 stopped by Ctrl-C`

interface Flags {
  readonly group?: string
  readonly user?: string
  readonly anonymous?: string
  readonly from?: number
  readonly to?: number
  readonly format: ExportFormat
  readonly out?: string
  readonly fileMib: number
  readonly by?: string
  readonly verify?: string
}

/** @param run does it */
export function exportCommand(
  run: (request: ExportRequest) => Promise<void>,
  verify: (folder: string) => Promise<void>,
  now: () => number = Date.now,
): Command {
  const startedAt = now()
  const moment = (input: string): number => parseMoment(input, startedAt)
  return new Command('export')
    .description('what there is of an account or a person, as files with checksums')
    .option('--group <id>', 'the account')
    .addOption(new Option('--user <id>', 'of its users only this one').conflicts('anonymous'))
    .option('--anonymous <id>', 'only what has this anonymous_id')
    .option('--from <time>', 'not older: 2026-01-31T09:30:00Z, 2026-01-31, or 7d ago', moment)
    .option('--to <time>', 'older than this', moment)
    .addOption(
      new Option('--format <format>', 'of the files').choices(EXPORT_FORMATS).default('ndjson'),
    )
    .option('--out <folder>', 'where to, a new or empty folder')
    .option('--file-mib <size>', 'text of a file at most, 1 to 1024', mebibytes, 64)
    .option('--by <name>', 'who does it, for the table audit; else the user of the system')
    .option('--verify <folder>', 'compare a finished export with its manifest; nothing else')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .action(async (flags: Flags, command: Command) => {
      if (flags.verify !== undefined) return verify(flags.verify)
      const { group, out, user = null, anonymous = null, from = null, to = null } = flags
      if (group === undefined || out === undefined) {
        return command.error('error: --group and --out are needed, or --verify alone')
      }
      if (from !== null && to !== null && from >= to) {
        return command.error('error: --from does not lie before --to')
      }
      const { format, fileMib, by } = flags
      const maxFileBytes = fileMib * 1024 * 1024
      await run({ group, user, anonymous, fromMs: from, toMs: to, format, out, maxFileBytes, by })
    })
}

function mebibytes(text: string): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= 1 && number <= 1024) return number
  throw new InvalidArgumentError(`expected a whole number from 1 to 1024, got ${text}`)
}
