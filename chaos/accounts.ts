import type { Random } from './random.ts'

/** How the events of an account are sent. */
export type Manner = 'ordered' | 'concurrent' | 'hot'

export interface Account {
  readonly index: number
  readonly groupId: string
  readonly manner: Manner
  /** Who of it is erased in the middle of the run: nothing of them may be left. @default nobody */
  readonly erased?: 'account' | 'person'
}

/** Erased in one account: people of other accounts have this id, too, and stay. */
export const ERASED_PERSON = 'user_7'
export const ERASED_ACCOUNT = 'account_erased'
/** Who is erased there has every second event of it. */
export const ACCOUNT_OF_PERSON = 'account of somebody'

export function isErased(event: {
  readonly account: Pick<Account, 'erased'>
  readonly seq: number
}): boolean {
  const { account, seq } = event
  return account.erased === 'account' || (account.erased === 'person' && seq % 2 === 0)
}

export function hasErased(accounts: readonly Account[]): boolean {
  return accounts.some(({ erased }) => erased !== undefined)
}

/** Names that have broken something somewhere; all of them are allowed by the contract. */
const HOSTILE_NAMES = [
  "'; DROP TABLE events; --",
  '"quoted"',
  String.raw`back\slash\\n`,
  '../../etc/passwd',
  '__proto__',
  'constructor',
  '{group_id:String}',
  '%00%0a',
  'a  b',
  'İstanbul ﷽ 👩‍👩‍👧',
  '\u202egnp.exe',
  'é', // not the same bytes as the next
  'e\u0301',
  'x'.repeat(256),
  '<script>alert(1)</script>',
  '-1e308',
  '$(id)',
  'NULL\\N',
] as const

/** The accounts of a run: the hot one first, then those in order, then the others, hostile names among them. */
export function createAccounts(counts: {
  readonly ordered: number
  readonly concurrent: number
  /** Whether there are two more: one is erased, and of the other a person. @default false */
  readonly hasErased?: boolean
}): readonly Account[] {
  const accounts: Omit<Account, 'index'>[] = [
    { groupId: 'account_hot', manner: 'hot' },
    ...Array.from({ length: counts.ordered }, (_, n) => ({
      groupId: n < 3 ? `ordered ${HOSTILE_NAMES[n]}` : `account_ordered_${n}`,
      manner: 'ordered' as const,
    })),
    ...Array.from({ length: counts.concurrent }, (_, n) => ({
      groupId: HOSTILE_NAMES[n] ?? `account_${n}`,
      manner: 'concurrent' as const,
    })),
    ...(counts.hasErased === true ? ERASED : []),
  ]
  return accounts.map((account, index) => ({ index, ...account }))
}

const ERASED: readonly Omit<Account, 'index'>[] = [
  { groupId: ERASED_ACCOUNT, manner: 'concurrent', erased: 'account' },
  { groupId: ACCOUNT_OF_PERSON, manner: 'concurrent', erased: 'person' },
]

/** Which account the next event of the unordered ones belongs to: three of ten are the hot one's. */
export function pickUnordered(accounts: readonly Account[], random: Random): Account {
  const hot = accounts.filter(({ manner }) => manner === 'hot')
  const others = accounts.filter(({ manner }) => manner === 'concurrent')
  return random.pick(random.chance(0.3) && hot.length > 0 ? hot : others)
}
