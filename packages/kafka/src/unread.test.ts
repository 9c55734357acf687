import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seenFirst, unreadOf, withEnd, type SeenEnd } from './unread.ts'

for (const [what, committed, earliest, latest, first, records] of [
  ['all is read', 10, 0, 10, 10, 0],
  ['some is not', 4, 0, 10, 4, 6],
  ['a group that never committed has read nothing', null, 3, 10, 3, 7],
  ['what was deleted unread is no longer waiting', 2, 5, 10, 5, 5],
  [
    'a commit beyond the end is of another log: nothing of this one is read, never a lag below 0',
    5_000,
    0,
    10,
    0,
    10,
  ],
] as const) {
  test(`what a group has not read: ${what}`, () => {
    const offset = { topic: 't', partition: 0, committed, earliest, latest }
    assert.deepEqual(unreadOf(offset), { first, records })
  })
}

/** Looks at a log that grows by ten a look, every ten seconds, while the group stands at an offset. */
function looks(count: number, firstUnread: number): readonly SeenEnd[] {
  let seen: readonly SeenEnd[] = []
  for (let look = 0; look < count; look++) {
    seen = withEnd(seen, { end: look * 10, atMs: look * 10_000 }, firstUnread)
  }
  return seen
}

test('the oldest unread record is as old as the first look that found it', () => {
  assert.equal(seenFirst(looks(20, 35), 35), 40_000)
  assert.equal(seenFirst(looks(20, 40), 40), 50_000)
})

test('nobody saw come what was there at the first look', () => {
  const seen = withEnd([], { end: 100, atMs: 0 }, 50)
  assert.equal(seenFirst(withEnd(seen, { end: 120, atMs: 10_000 }, 50), 50), null)
  assert.equal(seenFirst(withEnd(seen, { end: 120, atMs: 10_000 }, 110), 110), 10_000)
})

test('a group that stands still for long costs bounded memory, and its age stays exact', () => {
  const seen = looks(100_000, 35)
  assert.ok(seen.length <= 200, String(seen.length))
  assert.equal(seenFirst(seen, 35), 40_000)
})

test('a log that became shorter is another one: what was seen of the old one is forgotten', () => {
  const seen = withEnd(looks(20, 35), { end: 5, atMs: 300_000 }, 0)
  assert.deepEqual(seen, [{ end: 5, atMs: 300_000 }])
})
