import type { Figures, FigureTable, SavedFigures } from '../../bench/figures.ts'
import type { Harm } from './harm.ts'
import { brokenLimits, HARM_LIMITS, type HarmLimits } from './limits.ts'

const MEBIBYTE = 1_024 ** 2

/** What was seen, as `npm run bench` keeps its figures; the pages get their table from it. */
export function figuresOfHarms(harms: readonly Harm[], notes: readonly string[]): Figures {
  const held = harms.filter((harm) => brokenLimits(harm, HARM_LIMITS).length === 0).length
  return {
    tables: [tableOfHarms(harms)],
    plots: [],
    ratios: {},
    notes: [heldNote(held, harms.length), ...notes],
  }
}

function heldNote(held: number, count: number): string {
  return `${held} of ${count} attacks held.`
}

/** What was kept, but for the attacks that were tried again: of those the new rows, and a note of where these are from. */
export function withNewRows(kept: SavedFigures | null, fresh: SavedFigures): SavedFigures {
  const [before] = kept?.tables ?? []
  const [table] = fresh.tables
  if (kept === null || before === undefined || table === undefined) return fresh
  const tried = new Set(table.rows.map(attackOf))
  if (before.rows.every((row) => tried.has(attackOf(row)))) return fresh
  const rowsByAttack = new Map([...before.rows, ...table.rows].map((row) => [attackOf(row), row]))
  const rows = [...rowsByAttack.values()]
  const held = rows.filter((row) => row.at(-1) === 'yes').length
  const { command, measuredAt, commit } = fresh
  const anew = `Anew: \`${command}\`, ${measuredAt}, commit ${commit}. ${fresh.notes.slice(1).join(' ')}`
  const notes = [heldNote(held, rows.length), ...kept.notes.slice(1), anew]
  return { ...kept, tables: [{ ...before, rows }], notes }
}

type Row = FigureTable['rows'][number]

/** Its name is the first word of the row. */
function attackOf([cell]: Row): string {
  return String(cell).split(',', 1)[0] ?? ''
}

/** An attack a row. */
export function tableOfHarms(
  harms: readonly Harm[],
  limits: HarmLimits = HARM_LIMITS,
): FigureTable {
  return {
    name: 'harms',
    columns: [
      'attack',
      'sent',
      'neighbour: p99 (before), ms; failed',
      'memory above idle, MiB',
      'processor time a unit, ms',
      'answers',
      'held',
    ],
    rows: harms.map((harm) => cellsOf(harm, limits)),
  }
}

function cellsOf(harm: Harm, limits: HarmLimits): readonly (string | number)[] {
  const { neighbour, attacker } = harm
  const failed = Object.values(neighbour.failed).reduce((sum, count) => sum + count, 0)
  const broken = brokenLimits(harm, limits)
  return [
    `${harm.attack}, ${harm.seconds} s`,
    `${attacker.requests}, ${megabytes(attacker.wireBytes)}`,
    `${round(neighbour.p99Ms)} (${round(harm.quietP99Ms)}); ${failed} of ${neighbour.sent}`,
    Math.round((harm.peakRssBytes - harm.idleRssBytes) / MEBIBYTE),
    harm.isKeyed ? `${round(harm.cpuMsPerUnit)}, with a key` : round(harm.cpuMsPerUnit),
    answersText(attacker.answers),
    broken.length === 0 ? 'yes' : `**NO**: ${broken.join('; ')}`,
  ]
}

/** The most frequent first. */
function answersText(answers: Readonly<Record<string, number>>): string {
  const list = Object.entries(answers).toSorted(([, a], [, b]) => b - a)
  return list.map(([answer, count]) => `${count} × ${answer}`).join(', ')
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${round(bytes / 1e3)} KB` : `${round(bytes / 1e6)} MB`
}

function round(value: number): string {
  if (value >= 100) return String(Math.round(value))
  return String(value >= 1 ? Math.round(value * 10) / 10 : Math.round(value * 100) / 100)
}
