import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCongestion } from './congestion.ts'

/** What a loop finds in one turn at most (libuv asks for so many events at once). */
const MOST_IN_A_TURN = 1_024
const REFUSING_MS = 0.02

interface Request {
  readonly atMs: number
  readonly costMs: number
}

/** An event loop in a time of its own: each turn does what was there when it began, in order. */
function runLoop(requests: readonly Request[]) {
  const congestion = createCongestion()
  const waiting = requests.toSorted((a, b) => a.atMs - b.atMs)
  const takenAtMs: number[] = []
  const refused: { readonly atMs: number; readonly waitMs: number }[] = []
  let [nowMs, idleMs] = [0, 0]
  for (let turn = 0, next = 0; next < waiting.length; turn++) {
    const startMs = Math.max(nowMs, waiting[next]?.atMs ?? 0)
    idleMs += startMs - nowMs
    nowMs = startMs
    const end = Math.min(firstAfter(waiting, next, startMs), next + MOST_IN_A_TURN)
    for (const { atMs, costMs } of waiting.slice(next, end)) {
      const isRefused = congestion.refuses({ nowMs, turn, idleMs })
      nowMs += isRefused ? REFUSING_MS : costMs
      if (isRefused) refused.push({ atMs, waitMs: nowMs - atMs })
      else takenAtMs.push(nowMs)
    }
    next = end
  }
  return { takenAtMs, refused }
}

function firstAfter(requests: readonly Request[], from: number, atMs: number): number {
  const later = requests.findIndex((request, index) => index >= from && request.atMs > atMs)
  return later < 0 ? requests.length : later
}

/** Requests at a rate, a little out of step. @param load what they cost of the time there is. */
function steady(options: {
  readonly load: number
  readonly costMs: number
  readonly fromMs?: number
  readonly seconds: number
}): readonly Request[] {
  const { load, costMs, fromMs = 0, seconds } = options
  const everyMs = costMs / load
  return Array.from({ length: Math.round((seconds * 1_000) / everyMs) }, (_, n) => ({
    atMs: fromMs + (n + 0.8 * Math.abs(Math.sin(n * 12.9898))) * everyMs,
    costMs,
  }))
}

function many(count: number, request: Request): readonly Request[] {
  return Array.from({ length: count }, () => request)
}

test('nothing is refused as long as the loop can do what is asked of it', () => {
  const sixty = steady({ load: 0.6, costMs: 0.5, seconds: 20 })
  const pauses = (everyMs: number, costMs: number): readonly Request[] =>
    Array.from({ length: Math.floor(18_000 / everyMs) }, (_, n) => ({
      atMs: 1_000 + n * everyMs,
      costMs,
    }))
  const table: Readonly<Record<string, readonly Request[]>> = {
    'small requests': steady({ load: 0.1, costMs: 0.3, seconds: 20 }),
    'near the limit': steady({ load: 0.97, costMs: 1, seconds: 20 }),
    'a pause of the garbage collector of 200 ms': [...sixty, { atMs: 5_000, costMs: 200 }],
    'a pause of 50 ms every second': [...sixty, ...pauses(1_000, 50)],
    'one body of 5 MiB': [...sixty, { atMs: 5_000, costMs: 300 }],
    'four bodies of 5 MiB at once': [...sixty, ...many(4, { atMs: 5_000, costMs: 150 })],
    'only bodies of 5 MiB': steady({ load: 0.9, costMs: 150, seconds: 20 }),
    'a thousand requests at once': [...sixty, ...many(1_000, { atMs: 5_000, costMs: 0.5 })],
    'a machine that stops for 30 ms, seven times a second': [
      ...steady({ load: 0.6, costMs: 2, seconds: 20 }),
      ...pauses(143, 30),
    ],
    'a machine that stops for half a second': [...sixty, { atMs: 5_000, costMs: 500 }],
  }
  for (const [name, requests] of Object.entries(table)) {
    const { takenAtMs, refused } = runLoop(requests)
    assert.equal(refused.length, 0, `${name}: ${refused.length} refused`)
    assert.equal(takenAtMs.length, requests.length)
  }
})

test('of too many requests the excess is refused at once, and the others are taken as at the peak', () => {
  for (const load of [1.5, 3, 10]) {
    const { takenAtMs, refused } = runLoop(steady({ load, costMs: 1, seconds: 20 }))
    const late = refused.filter(({ atMs, waitMs }) => atMs > 3_000 && waitMs > 50)
    assert.equal(late.length, 0, `load ${load}: refused after more than 50 ms`)
    assert.ok((refused[0]?.atMs ?? Infinity) < 3_000, `load ${load}: refused late at first`)
    const perSecond = takenAtMs.filter((ms) => ms > 3_000 && ms < 20_000).length / 17
    const left = 1_000 - load * 1_000 * REFUSING_MS
    assert.ok(perSecond > 0.95 * left, `load ${load}: ${perSecond} taken a second`)
  }
})

test('when the flood is over everything is taken again, a pause too', () => {
  const flood = steady({ load: 10, costMs: 1, seconds: 5 })
  const after = steady({ load: 0.6, costMs: 1, fromMs: 5_200, seconds: 10 })
  const { refused } = runLoop([...flood, ...after, { atMs: 9_000, costMs: 300 }])
  assert.ok(refused.length > 10_000)
  assert.deepEqual(
    refused.filter(({ atMs }) => atMs > 5_200),
    [],
  )
})

/**
 * Clients that send again as soon as they are answered, the refused ones too: the loop never waits.
 *
 * @param costMs of a request that is taken at a moment.
 * @returns when requests were refused, and how much of the time went into taking others.
 */
function runClosedLoop(options: {
  readonly clients: number
  readonly seconds: number
  readonly costMs: (nowMs: number) => number
  readonly refusingMs?: number
  /** Another program has the core then, once. */
  readonly stop?: { readonly atMs: number; readonly ms: number }
}) {
  const { clients, seconds, costMs, stop, refusingMs = REFUSING_MS } = options
  const congestion = createCongestion()
  const refusedAtMs: number[] = []
  let [nowMs, takingMs] = [0, 0]
  let hasStopped = false
  for (let turn = 0; nowMs < seconds * 1_000; turn++) {
    for (let client = 0; client < clients; client++) {
      if (stop !== undefined && !hasStopped && client === clients / 2 && nowMs >= stop.atMs) {
        nowMs += stop.ms
        hasStopped = true
      }
      const isRefused = congestion.refuses({ nowMs, turn, idleMs: 0 })
      if (isRefused) refusedAtMs.push(nowMs)
      else takingMs += costMs(nowMs)
      nowMs += isRefused ? refusingMs : costMs(nowMs)
    }
  }
  return { refusedAtMs, takingShare: takingMs / nowMs }
}

test('512 clients that never pause are no overload, whatever stops the machine meanwhile', () => {
  const table: Readonly<Record<string, Parameters<typeof runClosedLoop>[0]>> = {
    'a core of its own': { clients: 512, seconds: 20, costMs: () => 0.06 },
    'a third of a core': { clients: 512, seconds: 20, costMs: () => 0.18 },
    'half a second without the core': {
      clients: 512,
      seconds: 20,
      costMs: () => 0.06,
      stop: { atMs: 5_000, ms: 500 },
    },
    'two seconds without the core': {
      clients: 512,
      seconds: 20,
      costMs: () => 0.06,
      stop: { atMs: 5_000, ms: 2_000 },
    },
  }
  for (const [name, options] of Object.entries(table)) {
    assert.equal(runClosedLoop(options).refusedAtMs.length, 0, name)
  }
})

test('a flood of clients is told from them, and once it costs little it is none', () => {
  const { refusedAtMs: flood } = runClosedLoop({ clients: 2_000, seconds: 20, costMs: () => 1 })
  const everySecond = Array.from({ length: 17 }, (_, n) => (n + 3) * 1_000)
  for (const fromMs of everySecond) {
    assert.ok(
      flood.some((ms) => ms >= fromMs && ms < fromMs + 1_000),
      `at ${fromMs} ms`,
    )
  }
  const cold = (nowMs: number): number => (nowMs < 4_000 ? 1.5 : 0.06)
  const { refusedAtMs: refused } = runClosedLoop({ clients: 512, seconds: 20, costMs: cold })
  assert.ok(refused.length > 0, 'the cold loop has to refuse')
  assert.ok((refused.at(-1) ?? 0) < 6_500, `refused to the end: ${refused.at(-1)} ms`)
})

test('however much there is to refuse, about half of the time goes into what is taken', () => {
  for (const refusingMs of [0.02, 0.05, 0.1]) {
    const flood = { clients: 2_000, seconds: 20, costMs: () => 0.4, refusingMs }
    const { refusedAtMs, takingShare } = runClosedLoop(flood)
    assert.ok(refusedAtMs.length > 1_000)
    assert.ok(takingShare > 0.45, `refusing ${refusingMs} ms each: ${takingShare} of the time`)
  }
})
