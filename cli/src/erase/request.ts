import { hashOfId, type ErasedSelection } from '@custom-events/clickhouse'
import {
  erasedIdOf,
  erasedKey,
  erasedInGroup,
  ID_KINDS,
  type ErasedId,
  type IdKind,
} from '@custom-events/event'
import { tooLong } from '../too-long.ts'

interface Common {
  readonly by: string | null
  /** File that the receipt is written to as well. */
  readonly receipt: string | null
  /** Without it nothing is changed. */
  readonly isMeant: boolean
}

/** Of whom something is asked. */
export interface Named {
  readonly kind: IdKind
  readonly id: string
  /** Only within this account; `null`: wherever the id is. */
  readonly within: string | null
}

/** Flags of a command that name somebody. */
export interface NamingFlags extends Readonly<Partial<Record<IdKind, string>>> {
  readonly inAllAccounts: boolean
}

/** @param refuse ends the command as wrong usage. @returns `null` where no flag names anybody */
export function namedBy(flags: NamingFlags, refuse: (problem: string) => never): Named | null {
  const { user, anonymous, group } = flags
  if (user !== undefined && anonymous !== undefined) {
    refuse('only one of --user and --anonymous at a time')
  }
  for (const kind of ID_KINDS) {
    if (flags[kind] === '') refuse(`--${kind} is empty`)
    const problem = tooLong(kind, flags[kind] ?? '')
    if (problem !== null) refuse(`--${kind}: ${problem}`)
  }
  const person = user ?? anonymous
  if (flags.inAllAccounts && group !== undefined) {
    refuse('--in-all-accounts goes with --user or --anonymous, and without --group')
  }
  if (person !== undefined) {
    return { kind: user === undefined ? 'anonymous' : 'user', id: person, within: group ?? null }
  }
  return group === undefined ? null : { kind: 'group', id: group, within: null }
}

export type Target = Common & {
  readonly target: Named
  readonly before: number | null
  /** An id that several accounts use is meant in all of them. */
  readonly isInAllAccounts: boolean
}

export function idOf({ kind, id, within }: Named): ErasedId {
  return within === null || kind === 'group'
    ? erasedIdOf(kind, id)
    : erasedInGroup(kind, id, within)
}

/** Whose rows are meant. */
export function selectionAsked({
  target,
  before,
}: Pick<Target, 'target' | 'before'>): ErasedSelection {
  return { id: idOf(target), timestampBefore: before }
}

/** Keys of the erasures that reach this one, too: of a person within an account that of the person and that of the account. */
export function keysOver(target: Named): ReadonlySet<string> {
  const { kind, id, within } = target
  const own = idOf(target)
  const wider =
    within === null || kind === 'group' ? [] : [erasedIdOf(kind, id), erasedIdOf('group', within)]
  return new Set([own, ...wider].map(erasedKey))
}

/** What an operator asked for. */
export type EraseRequest =
  | (Target & { readonly kind: 'erase' | 'lift' })
  | (Common & { readonly kind: 'resume' | 'list' | 'discard-unreadable' })

/** As the table `audit` keeps it: who is meant only as a hash, an account as well. */
export function auditedArguments(request: EraseRequest): Readonly<Record<string, unknown>> {
  if (!('target' in request)) return { action: request.kind }
  const { kind: action, target, before } = request
  return {
    action,
    [`${target.kind}_hash`]: hashOfId(target.id),
    ...(target.within === null ? {} : { group_hash: hashOfId(target.within) }),
    ...(before === null ? {} : { before: new Date(before).toISOString() }),
  }
}
