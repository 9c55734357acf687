import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { createConnections } from './connections.ts'
import type { ClosedForRoom } from '../metrics.ts'

const MAX = 500
/** A hundredth of them. */
const AT_ONCE = 5

type State = 'idle' | 'sending' | 'waiting'

/** What Node writes to a socket in this state, which tells how often it was looked at. */
function socketThat(state: State, onLook = (): void => {}): Socket {
  const response = { closed: false, req: { complete: state === 'waiting' } }
  const get = (): unknown => {
    onLook()
    return state === 'idle' ? null : response
  }
  return Object.defineProperty(new Socket(), '_httpMessage', { get })
}

function full(states: (index: number) => State) {
  const clock = { nowMs: 0 }
  const looks = { count: 0 }
  const closed: Record<ClosedForRoom, number> = { idle: 0, sending: 0, new: 0 }
  const connections = createConnections(
    MAX,
    (which, count) => void (closed[which] += count),
    () => clock.nowMs,
  )
  const open = (state: State): Socket => {
    const socket = socketThat(state, () => (looks.count += 1))
    connections.opened(socket)
    return socket
  }
  const first = Array.from({ length: MAX }, (_, index) => open(states(index)))
  return { open, closed, clock, looks, first }
}

for (const state of ['idle', 'sending'] as const) {
  test(`where all are ${state}, they are looked at once for every ${AT_ONCE} newcomers`, () => {
    const { open, closed, looks, first } = full(() => state)
    for (let times = 0; times < 10 * AT_ONCE; times += 1) open(state)
    assert.equal(closed[state], 10 * AT_ONCE)
    assert.equal(closed.new, 0)
    assert.ok(looks.count <= 10 * MAX, `${looks.count} looks`)
    assert.deepEqual(
      first.map(({ destroyed }) => destroyed),
      first.map((_, index) => index < 10 * AT_ONCE),
    )
  })
}

test('idle ones are closed first, and those that send make up the number', () => {
  const { open, closed, first } = full((index) => (index >= MAX - 2 ? 'idle' : 'sending'))
  open('idle')
  assert.deepEqual(closed, { idle: 2, sending: AT_ONCE - 2, new: 0 })
  const gone = first.flatMap(({ destroyed }, index) => (destroyed ? [index] : []))
  assert.deepEqual(gone, [0, 1, 2, MAX - 2, MAX - 1])
})

test('where all wait for an answer, newcomers are closed, mostly without a look at the others', () => {
  const { open, closed, clock, looks, first } = full(() => 'waiting')
  for (let times = 0; times < 1_000; times += 1) {
    assert.ok(open('idle').destroyed)
    clock.nowMs += 1
  }
  assert.deepEqual(closed, { idle: 0, sending: 0, new: 1_000 })
  assert.ok(looks.count <= 10 * MAX, `${looks.count} looks`)
  assert.ok(first.every(({ destroyed }) => !destroyed))
})

test('where nearly all wait, the few places are not looked for at every newcomer', () => {
  const { open, closed, clock, looks } = full((index) => (index < 2 ? 'idle' : 'waiting'))
  for (let times = 0; times < 1_000; times += 1) {
    open('idle')
    clock.nowMs += 1
  }
  assert.ok(looks.count <= 11 * MAX, `${looks.count} looks`)
  assert.ok(closed.idle >= 10, 'newcomers have their turn all the same')
})
