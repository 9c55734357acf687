import type { Erasure } from '@custom-events/clickhouse'
import { counted } from '../counted.ts'
import type { IdKind } from '@custom-events/event'
import { isOfNobody, type Plan } from './plan.ts'
import type { Receipt } from './receipt/receipt.ts'
import type { Counts } from './shards/spread.ts'
import { ambiguousLines } from './one-account.ts'
import type { Target } from './request.ts'

export function planLines(
  { target, isInAllAccounts }: Pick<Target, 'target' | 'isInAllAccounts'>,
  { events, refused, linked, keys, detached, byShard }: Plan,
  /** Of the same id, the latest last. */
  earlier: readonly Erasure[] = [],
): readonly string[] {
  const { kind, within } = target
  const accounts = events.accounts.size
  const isClear = kind === 'group' || within !== null || isInAllAccounts || accounts <= 1
  const between =
    events.rows === 0
      ? ''
      : `, from ${events.firstTimestamp} to ${events.lastTimestamp}, in ${counted(accounts, 'account')}`
  return [
    `events: ${counted(events.rows, 'row')}, each copy of an event counted${between}`,
    ...Object.entries(refused).map(([table, rows]) => `${table}: ${counted(rows, 'row')}`),
    ...byShard.map(({ name, rows }) => `  ${name}: ${rowsText(rows)}`),
    ...earlierLines(kind, earlier),
    ...(isOfNobody({ events, refused }) && earlier.length === 0 ? [NOBODY] : []),
    ...(keys === null ? [] : [`keys of sealed properties: ${keys}`]),
    ...linkedLines(kind, linked),
    ...(kind === 'group' || within !== null ? [] : [EVERYWHERE]),
    ...(detached === 0
      ? []
      : [
          `Parts that ClickHouse keeps aside: ${detached}. They have to go first (docs/runbook.md).`,
        ]),
    ...(isClear
      ? [
          'Dry run: nothing was changed. With --yes they are erased, and whatever comes of them from then on is ignored.',
        ]
      : [
          'Dry run: nothing was changed. --yes alone is refused:',
          ...ambiguousLines(kind, accounts),
        ]),
  ]
}

/** Nobody has a row of whom was erased: without this line it would look like a misspelt id. */
function earlierLines(kind: IdKind, earlier: readonly Erasure[]): readonly string[] {
  const last = earlier.at(-1)
  if (last === undefined) return []
  const { state, askedAt, askedBy, timestampBefore, erasureId } = last
  const when = `on ${timeText(askedAt)} by ${askedBy}`
  if (state === 'lifted') {
    return [`ERASED BEFORE, and lifted ${when}: what was taken of this ${kind} since then is kept.`]
  }
  const what =
    timestampBefore === null ? '' : `, of what happened before ${timeText(timestampBefore)}`
  const how = state === 'done' ? 'done' : `${state}, not done: --resume goes on with it`
  return [`ERASED ALREADY: asked ${when}${what}; it is ${how} (${erasureId}).`]
}

const NOBODY =
  'NOBODY FOUND: no row has this id. Look at how it is spelt, capitals and blanks count; with --yes it is erased for what may come.'
const EVERYWHERE =
  'Meant is the id in every account, also in those to come; with --group … it is one account alone.'

function rowsText(rows: Counts): string {
  return Object.entries(rows)
    .map(([table, count]) => `${table} ${count}`)
    .join(', ')
}

const SHOWN_LINKED = 20

/** Ids that stand beside who is erased. */
export function linkedLines(kind: IdKind, linked: Plan['linked']): readonly string[] {
  if (linked === null || linked.ids.size === 0) return []
  const some = [...linked.ids].slice(0, SHOWN_LINKED)
  const names = some.map((id) => JSON.stringify(id)).join(', ')
  const more = linked.ids.size > some.length ? `, and ${linked.ids.size - some.length} more` : ''
  const what = linked.kind === 'anonymous' ? 'anonymous ids' : 'user ids'
  return [
    `${what} beside this ${kind}: ${names}${more}. Events with one of them alone stay: erase each as well.`,
  ]
}

export function receiptLines(receipt: Receipt): readonly string[] {
  const found = rowsText(receipt.found)
  return [
    `Done: ${found === '' ? 'no row was found' : `rows deleted: ${found}`}; none is left. Receipt:`,
    JSON.stringify(receipt, null, 2),
    ...(receipt.kind === 'group' && receipt.before === null ? [LOGIN_STAYS] : []),
  ]
}

const LOGIN_STAYS =
  'A login of the account in ClickHouse, if it has one, stays. Remove it: npm run -s account -- remove --group …'

export function listLines(erasures: readonly Erasure[]): readonly string[] {
  if (erasures.length === 0) return ['Nobody was erased.']
  return erasures.map((erasure) => {
    const { id, askedAt, askedBy, state, timestampBefore, found } = erasure
    const before = timestampBefore === null ? '' : ` before ${timeText(timestampBefore)}`
    const rows = Object.values(found).reduce((sum, each) => sum + each, 0)
    return `${timeText(askedAt)}  ${state.padEnd(9)}  ${id.kind} ${id.sha256}${before}  ${counted(rows, 'row')}  by ${askedBy}  ${erasure.erasureId}`
  })
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
