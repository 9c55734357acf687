// A process of its own: requests come at a fixed rate by chance (Poisson), whatever the answers, as they do
// from independent clients. A latency counts from when the request was due, so that a server that stands
// still is seen by everybody who would have asked meanwhile. Started by loadOpenLoop in load.ts.
import { setTimeout as delay } from 'node:timers/promises'
import { bodyOf, createRenewal } from './bodies.ts'
import { openConnection, type RawConnection } from './raw-connection.ts'
import type { OpenLoop, OpenLoopResult } from './load.ts'
import { quantile } from './quantile.ts'

const TICK_MS = 1
const LAST_ANSWERS_MS = 5_000

// Given by loadOpenLoop only.
const load = JSON.parse(String(process.argv[2])) as OpenLoop
const { hostname, port, pathname } = new URL(load.url)
const expected = `"accepted":${load.shape.eventsPerBody}`
const latenciesMs: number[] = []
let notOk = 0

const idle: Client[] = await Promise.all(
  Array.from({ length: load.connections }, (_, number) => openClient(number)),
)
const waiting: number[] = []
let sent = 0

const startedAt = performance.now()
const endsAt = startedAt + load.seconds * 1_000
for (let due = startedAt; due < endsAt; await delay(TICK_MS)) {
  for (const now = performance.now(); due <= now && due < endsAt; due += gapMs()) {
    waiting.push(due)
    sendNext()
  }
}
await lastAnswers()
for (const { connection } of idle) connection.close()
print({
  accepted: latenciesMs.length * load.shape.eventsPerBody,
  notOk: notOk + waiting.length + (sent - latenciesMs.length - notOk),
  p50Ms: quantile(latenciesMs, 0.5),
  p99Ms: quantile(latenciesMs, 0.99),
  p999Ms: quantile(latenciesMs, 0.999),
  maxMs: Math.max(...latenciesMs),
})

/** A connection and what it sends. */
interface Client {
  readonly connection: RawConnection
  readonly request: Buffer
  /** Called before each sending. */
  readonly renew: () => void
}

function sendNext(): void {
  const client = idle.pop()
  if (client === undefined) return
  const due = waiting.shift()
  if (due === undefined) {
    idle.push(client)
    return
  }
  sent += 1
  client.renew()
  client.connection.ask(client.request, ({ status, body }) => {
    if (status === 200 && body.includes(expected)) latenciesMs.push(performance.now() - due)
    else notOk += 1
    idle.push(client)
    sendNext()
  })
}

/** Exponential: what a crowd of clients that know nothing of each other makes. */
function gapMs(): number {
  return (-Math.log(1 - Math.random()) * 1_000) / load.requestsPerSecond
}

async function openClient(number: number): Promise<Client> {
  const body = bodyOf(load.shape, number)
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
  const request = Buffer.concat([Buffer.from(head), body])
  const renew = load.hasNewIds === true ? createRenewal(request) : () => {}
  const connection = await openConnection({ hostname, port: Number(port) })
  // A server accepts one connection a turn of its loop: crowds do not all connect when the clock starts.
  await new Promise((answered) => connection.ask(request, answered))
  return { connection, request, renew }
}

async function lastAnswers(): Promise<void> {
  const deadline = performance.now() + LAST_ANSWERS_MS
  while (latenciesMs.length + notOk < sent + waiting.length) {
    if (performance.now() > deadline) return
    await delay(TICK_MS)
  }
}

function print(result: OpenLoopResult): void {
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
