import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { markerOf, soundFields, textOf } from './input.ts'
import { figuresOf } from './process-figures.ts'

export interface SiegeOptions {
  readonly url: string
  /** Of ingest, which is measured from outside. */
  readonly pid: number
  /** Slow and idle connections that are held open; one that is closed is opened again. */
  readonly connections: number
  readonly bombsPerSecond: number
  readonly goodPerSecond: number
  readonly seconds: number
}

export interface SiegeReport {
  readonly good: number
  /** Good requests that were answered otherwise than 200, or not at all. */
  readonly failed: readonly string[]
  readonly p50Ms: number
  readonly p99Ms: number
  readonly bombs: number
  /** Bombs that were answered otherwise than 413 or 503. */
  readonly misjudgedBombs: readonly string[]
  /** Connections held at the same time, at most. */
  readonly heldConnections: number
  readonly closedConnections: number
  readonly rssGrowthBytes: number
}

const BOMB_BYTES = 200 * 1_024 ** 2

/** About 204 KB and 200 bytes that inflate to 200 MB. */
function bombs(): { readonly gzip: Buffer; readonly br: Buffer } {
  const zeros = Buffer.alloc(BOMB_BYTES)
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 }
  return { gzip: gzipSync(zeros, { level: 9 }), br: brotliCompressSync(zeros, { params }) }
}

/** Good traffic while slow, idle and exploding requests come at the same time. */
export async function besiege(options: SiegeOptions): Promise<SiegeReport> {
  const { url, pid, connections, bombsPerSecond, goodPerSecond, seconds } = options
  const ready = bombs()
  using good = postings(url, '/track')
  using bad = postings(url, '/track')
  const warm = Array.from({ length: 300 }, (_, at) => good.post(soundBody(1, at), {}))
  await Promise.all([...warm, bad.post(ready.gzip, GZIP), bad.post(ready.br, BROTLI)])
  good.clear()
  bad.clear()
  const before = figuresOf(pid).rssBytes
  using slow = holdSlow(url, connections)
  const stopAt = performance.now() + seconds * 1_000
  const [peak] = await Promise.all([
    watchMemory(pid, stopAt),
    every(1_000 / goodPerSecond, stopAt, (at) => good.post(soundBody(2, at), {})),
    every(1_000 / bombsPerSecond, stopAt, () => bad.post(ready.gzip, GZIP)),
    every(1_000, stopAt, () => bad.post(ready.br, BROTLI)),
  ])
  const times = good.times.toSorted((a, b) => a - b)
  return {
    good: times.length,
    failed: good.statuses.filter((status) => status !== '200'),
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    bombs: bad.statuses.length,
    misjudgedBombs: bad.statuses.filter((status) => status !== '413' && status !== '503'),
    heldConnections: slow.held(),
    closedConnections: slow.closed(),
    rssGrowthBytes: peak - before,
  }
}

const GZIP = { 'content-encoding': 'gzip' }
const BROTLI = { 'content-encoding': 'br' }

function soundBody(seed: number, index: number): Buffer {
  return Buffer.from(textOf(soundFields(markerOf(seed, index))))
}

function quantile(sorted: readonly number[], share: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
}

/** Posts on kept connections, with what was answered and how long it took. */
function postings(url: string, path: string) {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const statuses: string[] = []
  const times: number[] = []
  const post = (body: Buffer, headers: Readonly<Record<string, string>>): Promise<void> =>
    new Promise((resolve) => {
      const startedAt = performance.now()
      const done = (status: string): void => {
        statuses.push(status)
        times.push(performance.now() - startedAt)
        resolve()
      }
      const all = { ...headers, 'content-length': body.length }
      const sent = request({ hostname, port, agent, path, method: 'POST', headers: all })
      sent.on('response', (response) => {
        response.resume()
        response.on('end', () => done(String(response.statusCode)))
      })
      sent.on('error', (error) => done('code' in error ? String(error.code) : error.message))
      sent.end(body)
    })
  const clear = (): void => {
    statuses.length = 0
    times.length = 0
  }
  return { post, statuses, times, clear, [Symbol.dispose]: () => agent.destroy() }
}

/** Starts work at a fixed rate, however long each takes, and waits for all of it. */
async function every(
  intervalMs: number,
  stopAt: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  const running: Promise<void>[] = []
  const startedAt = performance.now()
  for (let index = 0; performance.now() < stopAt; index += 1) {
    running.push(work(index))
    await delay(Math.max(0, startedAt + (index + 1) * intervalMs - performance.now()))
  }
  await Promise.all(running)
}

async function watchMemory(pid: number, stopAt: number): Promise<number> {
  let peak = 0
  while (performance.now() < stopAt) {
    peak = Math.max(peak, figuresOf(pid).rssBytes)
    await delay(100)
  }
  return peak
}

const HEAD = 'POST /track HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'

/** A third says nothing, a third sends headers for ever, a third sends a body a byte a second. */
function holdSlow(url: string, count: number) {
  const { hostname, port } = new URL(url)
  const open = new Set<Socket>()
  const drips = [() => '', (at: number) => `X-${at}: 1\r\n`, () => ' ']
  let held = 0
  let closed = 0
  let isOver = false
  const start = (kind: number): void => {
    if (isOver) return
    const socket = connect(Number(port), hostname, () => {
      open.add(socket)
      held = Math.max(held, open.size)
      if (kind === 1) socket.write(HEAD)
      if (kind === 2) socket.write(`${HEAD}Content-Length: 100000\r\n\r\n{`)
    })
    socket.resume().on('error', () => {}) // 'close' follows
    socket.on('close', () => {
      open.delete(socket)
      closed += 1
      setTimeout(() => start(kind), 200)
    })
    let at = 0
    const drip = setInterval(() => {
      const text = drips[kind]?.(at++) ?? ''
      if (text !== '' && socket.writable) socket.write(text)
    }, 1_000)
    socket.on('close', () => clearInterval(drip))
  }
  for (let index = 0; index < count; index += 1) start(index % drips.length)
  const dispose = (): void => {
    isOver = true
    for (const socket of open) socket.destroy()
  }
  return { held: () => held, closed: () => closed, [Symbol.dispose]: dispose }
}
