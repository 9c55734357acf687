import assert from 'node:assert/strict'
import { test } from 'node:test'
import { erasedIdOf, erasedInGroup } from '@custom-events/event'
import { linkedCount, linkedLines, planLines, receiptLines } from './report.ts'
import type { Erasure } from '@custom-events/clickhouse'
import type { Receipt } from './receipt/receipt.ts'

const plan = (accounts: number) => ({
  events: {
    rows: 2,
    accounts: new Set(Array.from({ length: accounts }, (_, index) => `account ${index}`)),
    firstTimestamp: 'a',
    lastTimestamp: 'b',
  },
  refused: {},
  linked: null,
  keys: null,
  detached: 0,
  byShard: [],
  earlier: [],
})
const user = { kind: 'user', id: 'u', within: null } as const

test('a dry run says when --yes alone is refused, and both ways on', () => {
  const lines = planLines({ target: user, isInAllAccounts: false }, plan(2)).join('\n')
  assert.match(lines, /--yes alone is refused:\n2 accounts .*--user … --group ….*--in-all/s)
  assert.doesNotMatch(lines, /With --yes they are erased/)
})

test('numbers have their words: one account, two rows', () => {
  const lines = planLines({ target: user, isInAllAccounts: false }, plan(1)).join('\n')
  assert.match(lines, /^events: 2 rows, each copy of an event counted, from a to b, in 1 account$/m)
})

test('where it is clear who is meant, it says what --yes does', () => {
  for (const [asked, accounts] of [
    [{ target: user, isInAllAccounts: true }, 2],
    [{ target: user, isInAllAccounts: false }, 1],
    [{ target: { ...user, within: 'g' }, isInAllAccounts: false }, 2],
    [{ target: { ...user, kind: 'group' }, isInAllAccounts: false }, 2],
  ] as const) {
    const lines = planLines(asked, plan(accounts)).join('\n')
    assert.match(lines, /With --yes they are erased/)
    assert.doesNotMatch(lines, /refused/)
  }
})

test('of nobody a dry run says so aloud: the id may be misspelt', () => {
  const asked = { target: user, isInAllAccounts: false }
  const nobody = { ...plan(0), events: { ...plan(0).events, rows: 0 } }
  assert.match(planLines(asked, nobody).join('\n'), /NOBODY FOUND: no row has this id/)
  const rejected = { ...nobody, refused: { rejected_events: 1 } }
  for (const found of [plan(1), rejected])
    assert.doesNotMatch(planLines(asked, found).join('\n'), /NOBODY/)
})

test('of whom is erased a dry run says since when, and takes the id for no misspelt one', () => {
  const asked = { target: user, isInAllAccounts: false }
  const nobody = { ...plan(0), events: { ...plan(0).events, rows: 0 } }
  const erased = (
    state: Erasure['state'],
    { askedAt = 0, before = null as number | null, id = erasedIdOf('user', 'u') } = {},
  ) => ({
    ...({} as Erasure), // only what is asked of it here
    id,
    state,
    askedAt,
    askedBy: 'dpo',
    timestampBefore: before,
    erasureId: 'e-1',
  })
  const account = erasedIdOf('group', 'g')
  for (const [what, earlier, said] of [
    [
      'done',
      [erased('done')],
      ['ERASED ALREADY: this user, asked on 1970-01-01T00:00:00.000Z by dpo (e-1).'],
    ],
    [
      'of all times, then of some',
      [erased('done'), erased('done', { before: 1, askedAt: 5 })],
      ['ERASED ALREADY: this user, asked on 1970-01-01T00:00:00.000Z by dpo (e-1).'],
    ],
    [
      'not done',
      [erased('asked', { askedAt: 5 }), erased('done', { before: 1 })],
      [
        'AN ERASURE IS UNDER WAY: this user, asked on 1970-01-01T00:00:00.005Z by dpo; it is asked (e-1). If no command is at it, --resume goes on.',
      ],
    ],
    [
      'lifted, and some of it again',
      [erased('done'), erased('lifted'), erased('done', { before: 1 })],
      [
        'ERASED ALREADY: this user, what happened before 1970-01-01T00:00:00.001Z, asked on 1970-01-01T00:00:00.000Z by dpo (e-1).',
      ],
    ],
    [
      'lifted; the account as well',
      [erased('done'), erased('lifted'), erased('done', { id: account })],
      [
        'ERASED BEFORE, and lifted on 1970-01-01T00:00:00.000Z by dpo: what was taken of this user since then is kept.',
        'ERASED ALREADY: this account, asked on 1970-01-01T00:00:00.000Z by dpo (e-1).',
      ],
    ],
  ] as const) {
    const lines = planLines(asked, { ...nobody, earlier })
    assert.deepEqual(
      lines.filter((line) => /ERAS|NOBODY/.test(line)),
      said,
      what,
    )
  }
})

test('who stands beside them is named where somebody looks, else counted', () => {
  const ids = new Set(Array.from({ length: 25 }, (_, at) => `a-${at}`))
  const linked = { kind: 'anonymous', ids } as const
  const id = erasedInGroup('user', 'u', 'g')
  const [some] = linkedLines(id, linked, 2)
  assert.match(
    some ?? '',
    /^anonymous ids beside this user within the account: "a-0", "a-1", and 23 more\. .* with the same --group\.$/,
  )
  assert.match(linkedLines(id, linked, Infinity).join(), /"a-24"\. Events/)
  const counted = linkedCount(id, linked).join()
  assert.match(counted, /: 25\. .* on a terminal and by a dry run/)
  assert.doesNotMatch(counted, /a-1/)
})

const receipt = { kind: 'group', before: null, found: {} } as unknown as Receipt // only what is asked of it here

test('an erased account is told of its login, and nobody else is', () => {
  assert.match(receiptLines(receipt).join('\n'), /account -- remove --group …$/)
  for (const other of [
    { ...receipt, kind: 'user' },
    { ...receipt, before: '2026-01-01T00:00:00.000Z' },
  ]) {
    assert.doesNotMatch(receiptLines(other).join('\n'), /account -- remove/)
  }
})
