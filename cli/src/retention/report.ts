import { counted } from '../counted.ts'
import {
  daysIn,
  type Days,
  type DueRows,
  type Kept,
  type RetentionChange,
} from '@custom-events/clickhouse'

/** What a change is, for a person, and what it deletes. */
export function changeLines(change: RetentionChange): readonly string[] {
  const { table, kept, due } = change
  const lines = [`${table.name}: ${keptText(kept)}; ${wasText(change)}`]
  if (due.length === 0) return [...lines, '  deletes nothing that is there']
  const total = due.reduce((sum, { rows }) => sum + rows, 0)
  return [...lines, `  deletes ${total} ${table.rows} that are there:`, ...due.map(dueLine)]
}

function dueLine({ month, event, rows }: DueRows): string {
  return `    ${month}  ${String(rows).padStart(12)}${event === null ? '' : `  ${JSON.stringify(event)}`}`
}

/** In a word, what is in force from now on. */
export function keptText({ days, daysByEvent = new Map() }: Kept): string {
  const own = [...daysByEvent].map(
    ([event, ofEvent]) => `${JSON.stringify(event)} ${daysText(ofEvent)}`,
  )
  const others = own.length === 0 ? '' : ` (${own.join(', ')})`
  return `keeps rows ${daysText(days)}${others}`
}

function daysText(days: Days): string {
  return days === null ? 'for ever' : `at least ${counted(days, 'day')}, and at most 31 more`
}

function wasText({ from, to }: RetentionChange): string {
  if (from === to) return 'a change to that was begun and did not end'
  if (from === null) return 'kept them for ever before'
  const days = daysIn(from)
  return days === undefined ? `had TTL ${from} before` : `kept them ${counted(days, 'day')} before`
}

export function deletes({ due }: Pick<RetentionChange, 'due'>): boolean {
  return due.length > 0
}
