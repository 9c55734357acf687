// What a statement costs before the engine sees it grows with its length, whatever it says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHarmlessData, whyNotConfined } from './confined.ts'
import { readStatement } from './statement.ts'

const BYTES = 1024 ** 2
/** A megabyte takes some tens of milliseconds, on a slow machine 200; what grows with its square takes minutes. */
const MAX_CPU_MS = 1_000
const ROUNDS = 5

const fill = (piece: string): string => piece.repeat(Math.ceil(BYTES / piece.length))
const numbered = (before: string, after: string): string =>
  Array.from({ length: BYTES / 10 }, (_, number) => `${before}${number}${after}`).join('')

const texts: Readonly<Record<string, string>> = {
  'comments behind a name': `SELECT file${fill('/**/')}`,
  'comments behind a name that are one': `SELECT file${fill('/**')}*/`,
  'names before open comments': `SELECT ${fill('file/*')}`,
  'names in nested comments': `SELECT ${fill('file/*').slice(0, BYTES / 2)}${fill('*/--').slice(0, BYTES / 2)}\n`,
  'names before comments of a line': `SELECT ${fill('disk--')}`,
  'names before empty lines': `SELECT ${fill('into\n\n#\n')}`,
  'one name before blanks': `SELECT format${fill(' ')}`,
  apply: `SELECT ${fill('apply ')}`,
  attach: `x ${fill('attach ')}`,
  'attach part': `x ${fill('attach part ')} from`,
  'the function format': `SELECT ${fill("format('{{{{', ")}`,
  'format with a string that is not closed': `SELECT ${fill('format(').slice(0, BYTES / 2)}'${fill('{').slice(0, BYTES / 2)}`,
  'opened comments': `SELECT ${fill('/*')}`,
  'opened comments and one closed': `SELECT ${fill('/*')}*/`,
  'heredocs that are not closed': `SELECT ${numbered('$a', '$ ')}`,
  'a long tag of a heredoc': `SELECT $${fill('a')}`,
  'quotes that are not closed': `SELECT ${fill("\\' ")}`,
  'quotes of each kind that are not closed': `SELECT ${fill('\\\' \\" \\` ')}`,
  'escapes in hexadecimal': `SELECT '${fill('\\x41')}`,
  'pieces with escapes': `SELECT ${fill("'\\x41' ")}`,
  'words in quotes': `SELECT ${fill("'outfile',")}`,
  'words between quotes of each kind': `SELECT ${fill('\'infile"outfile`')}`,
  symbols: `SELECT ${fill('(')}`,
  words: `SELECT ${fill('a ')}`,
  settings: `INSERT INTO t FORMAT TSV SETTINGS ${fill('a=1,')}`,
}

/** The first of a few rounds that is within the limit, else the least: the collector's work is not the text's. */
function cpuMs(work: () => unknown): number {
  let least = Infinity
  for (let round = 0; round < ROUNDS && least >= MAX_CPU_MS; round += 1) {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1_000)
  }
  return least
}

for (const [what, text] of Object.entries(texts)) {
  test(`a megabyte of ${what} is read and judged at once`, () => {
    const costs = {
      read: cpuMs(() => readStatement(text)),
      judged: cpuMs(() => whyNotConfined(text, { isCommand: true })),
      asData: cpuMs(() => isHarmlessData(text)),
    }
    for (const [step, cost] of Object.entries(costs)) {
      assert.ok(cost < MAX_CPU_MS, `${step}: ${cost.toFixed(0)} ms`)
    }
  })
}
