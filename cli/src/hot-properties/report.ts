import { counted } from '../counted.ts'
import type { FillResult, Proposal, Proposals } from '@custom-events/clickhouse'

const COLUMNS = ['property', 'queries', 'seconds', 'rows read', 'saves at most', 'costs an insert']

/** What queries read from the JSON, and what to declare, for a person. */
export function proposalLines(
  { statements, logBegins, proposals }: Proposals,
  days: number,
): readonly string[] {
  const span = logBegins === null ? `of ${counted(days, 'day')}` : `since ${logBegins} UTC`
  const shorter = logBegins === null ? [] : [`The log begins then, and not ${days} days ago.`]
  if (proposals.length === 0) {
    return [
      `${counted(statements, 'query', 'queries')} of events ${span} are in system.query_log; none reads a property from the JSON.`,
      ...shorter,
    ]
  }
  const reasons = proposals.flatMap(({ property, why }) =>
    why === null ? [] : [`  ${shown(property)}: no column proposed, ${why}`],
  )
  return [
    `What ${counted(statements, 'query', 'queries')} ${span} read from the JSON (system.query_log), the costliest first:`,
    ...tableLines([COLUMNS, ...proposals.map(rowOf)]),
    ...reasons,
    ...shorter,
    ...declarationLines(proposals),
  ]
}

function rowOf(proposal: Proposal): readonly string[] {
  const { property, queries, seconds, rows, gainSeconds, microsecondsPerRow } = proposal
  return [
    shown(property),
    String(queries),
    seconds.toFixed(1),
    rows === 0 ? 'not known' : rows.toPrecision(2),
    gainSeconds === null
      ? 'not known'
      : `${gainSeconds.toFixed(1)} s (${Math.round((100 * gainSeconds) / Math.max(seconds, Number.EPSILON))} %)`,
    microsecondsPerRow === null ? 'not known' : `${microsecondsPerRow.toFixed(1)} µs a row`,
  ]
}

function declarationLines(proposals: readonly Proposal[]): readonly string[] {
  const columns = proposals.flatMap(({ column }) => (column === null ? [] : [column]))
  if (columns.length === 0) return []
  return [
    'Each that you want: into schemas/hot-properties.json (or "x-hot" in a tracking plan), then `npm run setup`,',
    'then `npm run hot-properties -- --fill` for the events that are there already:',
    ...columns.map((column) => `  ${inAscii(JSON.stringify(column))},`),
  ]
}

/** Columns of equal width, texts to the left and figures to the right. */
function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = COLUMNS.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  )
}

/** What became of a fill, for a person. */
export function filledLine(
  columns: readonly string[],
  { outcome, months, rows }: FillResult,
): string {
  if (columns.length === 0) {
    return 'there are no hot columns to fill: declare some in schemas/hot-properties.json or by "x-hot", then run setup'
  }
  const done = `${counted(rows, 'row')} in ${counted(months, 'month')}`
  if (outcome === 'stopped') {
    return `stopped; ${done} are done, the rest is as it was: run it again to go on`
  }
  const names = columns.map(shown).join(', ')
  return months === 0 ? `${names}: filled already in every part` : `${names}: filled for ${done}`
}

/** Producers make these names: none may write on the operator's terminal as it likes. */
function shown(name: string): string {
  return /^[\w.$-]+$/.test(name) ? name : inAscii(JSON.stringify(name))
}

function inAscii(json: string): string {
  return json.replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
