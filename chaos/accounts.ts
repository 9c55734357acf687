import type { Random } from './random.ts'

/** How the events of an account are sent. */
export type Manner = 'ordered' | 'concurrent' | 'hot'

export interface Account {
  readonly index: number
  readonly groupId: string
  readonly manner: Manner
  /** Whether it is erased in the middle of the run: nothing of it may be left. @default false */
  readonly isErased?: boolean
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
  /** @default none */
  readonly erased?: boolean
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
    ...(counts.erased === true
      ? [{ groupId: 'account_erased', manner: 'concurrent' as const, isErased: true }]
      : []),
  ]
  return accounts.map((account, index) => ({ index, ...account }))
}

/** Which account the next event of the unordered ones belongs to: three of ten are the hot one's. */
export function pickUnordered(accounts: readonly Account[], random: Random): Account {
  const hot = accounts.filter(({ manner }) => manner === 'hot')
  const others = accounts.filter(({ manner }) => manner === 'concurrent')
  return random.pick(random.chance(0.3) && hot.length > 0 ? hot : others)
}
