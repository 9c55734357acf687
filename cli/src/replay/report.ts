import { total, type Tally } from './tally.ts'
import { counted } from '../counted.ts'
import type { Unusable } from './sources/judged.ts'

const COLUMNS = ['topic', 'code', 'found', 'replay', 'superseded', 'refused again', 'unusable']

/** What was found and would be done, for a person: a table, then why what is not replayed is not. */
export function planLines(title: string, tally: Tally, resolved: number): readonly string[] {
  const earlier =
    resolved === 0
      ? []
      : [
          `${some(title, resolved)} more ${resolved === 1 ? 'was' : 'were'} ended by earlier replays.`,
        ]
  if (tally.found === 0) return [`No ${title} to replay.`, ...earlier]
  const rows = [...tally.rowByCode.values()].map((row) => {
    const { topic, code, replay, superseded, refused, unusable } = row
    const found = replay + superseded + refused + unusable
    return [topic, code, ...[found, replay, superseded, refused, unusable].map(String)]
  })
  return [...tableLines([COLUMNS, ...rows]), ...reasonLines(tally), ...earlier]
}

/** Words of a source end with an s. */
function some(title: string, count: number): string {
  return counted(count, title.replace(/s$/, ''), title)
}

/** What was done. */
export function resultLines(title: string, tally: Tally, wasStopped: boolean): readonly string[] {
  const { unacknowledged, unmarked } = tally
  const open = total(tally, 'refused') + total(tally, 'unusable')
  const lines = [
    `${some(title, total(tally, 'replay'))} replayed: Kafka has them, the consumers insert them.`,
  ]
  if (total(tally, 'superseded') > 0) {
    lines.push(
      `${total(tally, 'superseded')} closed without: a copy as new was accepted meanwhile.`,
    )
  }
  if (open > 0) lines.push(`${open} stay open, for the reasons above.`)
  if (unacknowledged > 0) {
    lines.push(
      `${unacknowledged} were not acknowledged by Kafka: they may or may not be there. Run it again ` +
        'when Kafka is back: what is there already is not replayed twice.',
    )
  }
  if (unmarked > 0) {
    lines.push(
      `${unmarked} are done, but Kafka did not take the note: they are still told to be open. Run it again.`,
    )
  }
  if (wasStopped)
    lines.push('Stopped before the end: what was replayed stays. Run it again to go on.')
  return lines
}

const UNUSABLE: Readonly<Record<Unusable, string>> = {
  erased: 'of a user, an account or a visitor that was erased: nothing of it comes back',
  truncated:
    'kept only in part (beyond 64 KiB, or with personal data masked): the producer must send them again',
  other_topic: 'from a topic that is not ours: is KAFKA_TOPIC the one they were on?',
  other_log:
    'kept from another Kafka, or from a topic that was registered later: replay them with the settings of its consumers',
  unknown_key:
    'sent with a write key whose name is not in WRITE_KEYS_FILE any more; AUTH_MODE=off replays them',
  no_key:
    'refused because their write key may not write their account: only AUTH_MODE=keys, with a key that may, replays them',
}

function reasonLines(tally: Tally): readonly string[] {
  const superseded = total(tally, 'superseded')
  const lines =
    superseded === 0
      ? []
      : [
          `superseded: ${superseded} of which a copy as new or newer is in the table; --force replays them`,
        ]
  for (const [code, number] of tally.countByRefusal) {
    lines.push(`refused again: ${number} with ${code}`)
  }
  for (const [reason, { count, names }] of tally.unusableByReason) {
    const why = isUnusable(reason) ? UNUSABLE[reason] : reason
    const more = count > names.length ? ` and ${count - names.length} more` : ''
    lines.push(`unusable: ${count} ${why}: ${names.join(', ')}${more}`)
  }
  return lines
}

function isUnusable(reason: string): reason is Unusable {
  return reason in UNUSABLE
}

/** Words to the left, numbers to the right. */
function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = COLUMNS.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return column < 2 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  '),
  )
}
