import { MAX_LINKED, type Erasure, type LinkedIds } from '@custom-events/clickhouse'
import { counted } from '../counted.ts'
import {
  erasedKey,
  isInGroup,
  type ErasedId,
  type ErasedKind,
  type IdKind,
} from '@custom-events/event'
import { isOfNobody, type Plan } from './plan.ts'
import type { Receipt } from './receipt/receipt.ts'
import type { Counts } from './shards/spread.ts'
import { ambiguousLines } from './one-account.ts'
import { idOf, type Target } from './request.ts'

export function planLines(
  { target, isInAllAccounts }: Pick<Target, 'target' | 'isInAllAccounts'>,
  { events, refused, linked, keys, detached, byShard, earlier }: Plan,
): readonly string[] {
  const { kind, within } = target
  const erased = earlierLines(earlier)
  const accounts = events.accounts.size
  const isClear = kind === 'group' || within !== null || isInAllAccounts || accounts <= 1
  const between =
    events.rows === 0
      ? ''
      : `, each copy of an event counted, from ${events.firstTimestamp} to ${events.lastTimestamp}, in ${counted(accounts, 'account')}`
  return [
    `events: ${counted(events.rows, 'row')}${between}`,
    ...Object.entries(refused).map(([table, rows]) => `${table}: ${counted(rows, 'row')}`),
    ...byShard.map(({ name, rows }) => `  ${name}: ${rowsText(rows)}`),
    ...erased,
    ...(isOfNobody({ events, refused }) && erased.length === 0 ? [NOBODY] : []),
    ...(keys === null ? [] : [`keys of sealed properties: ${keys}`]),
    ...linkedLines(idOf(target), linked, SHOWN_LINKED),
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

/** Of each id: nobody has a row of whom was erased, and without these lines it would look like a misspelt id. */
function earlierLines(earlier: readonly Erasure[]): readonly string[] {
  const byId = Map.groupBy(earlier, ({ id }) => erasedKey(id))
  return [...byId.values()].map((ofOne) => earlierLine(ofOne))
}

/** What is not done first, then the widest of what is; what was lifted counts no more. */
function earlierLine(ofOne: readonly Erasure[]): string {
  const lift = ofOne.findLastIndex(({ state }) => state === 'lifted')
  const inForce = ofOne.slice(lift + 1)
  const widest = inForce.toSorted((one, other) => endOf(other) - endOf(one))[0]
  const told = inForce.find(({ state }) => state !== 'done') ?? widest ?? ofOne.at(-1)
  if (told === undefined) return ''
  const { id, state, askedAt, askedBy, timestampBefore, erasureId } = told
  const whom = `this ${WORDS[id.kind]}`
  const when = `on ${timeText(askedAt)} by ${askedBy}`
  if (state === 'lifted') {
    return `ERASED BEFORE, and lifted ${when}: what was taken of ${whom} since then is kept.`
  }
  const what = timestampBefore === null ? '' : `, what happened before ${timeText(timestampBefore)}`
  return state === 'done'
    ? `ERASED ALREADY: ${whom}${what}, asked ${when} (${erasureId}).`
    : `AN ERASURE IS UNDER WAY: ${whom}${what}, asked ${when}; it is ${state} (${erasureId}). If no command is at it, --resume goes on.`
}

/** An erasure without `--before` is of all times. */
function endOf({ timestampBefore }: Erasure): number {
  return timestampBefore ?? Infinity
}

const WORDS: Readonly<Record<ErasedKind, string>> = {
  user: 'user',
  anonymous: 'visitor',
  group: 'account',
  user_in_group: 'user within the account',
  anonymous_in_group: 'visitor within the account',
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

/** Ids that stand beside who is erased. @param shown so many at most */
export function linkedLines(
  id: ErasedId,
  linked: LinkedIds | null,
  shown: number,
): readonly string[] {
  if (linked === null || linked.ids.size === 0) return []
  const some = [...linked.ids].slice(0, shown)
  const names = some.map((each) => JSON.stringify(each)).join(', ')
  const more = linked.ids.size > some.length ? `, and ${linked.ids.size - some.length} more` : ''
  const how = isInGroup(id.kind) ? ', with the same --group' : ''
  return [
    `${IDS[linked.kind]} beside this ${WORDS[id.kind]}: ${names}${more}. Events with one of them alone stay: erase each as well${how}.`,
    ...(linked.ids.size < MAX_LINKED
      ? []
      : [`No more than ${MAX_LINKED} of a month are looked for.`]),
  ]
}

/** Of a run that nobody looks at: what it prints is kept, and names nobody. */
export function linkedCount(id: ErasedId, linked: LinkedIds | null): readonly string[] {
  if (linked === null || linked.ids.size === 0) return []
  return [
    `${IDS[linked.kind]} beside this ${WORDS[id.kind]}: ${linked.ids.size}. They are named on a terminal and by a dry run, and nobody finds them afterwards.`,
  ]
}

const IDS: Readonly<Record<IdKind, string>> = {
  user: 'user ids',
  anonymous: 'anonymous ids',
  group: 'accounts',
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
