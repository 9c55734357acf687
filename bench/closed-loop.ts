// A process of its own: autocannon posts as fast as answers come, every answer is checked, and one line
// of JSON tells what came back. Started by loadClosedLoop in load.ts.
import autocannon from 'autocannon'
import { bodyOf, createRenewal } from './bodies.ts'
import type { ClosedLoop, ClosedLoopResult } from './load.ts'

// Given by loadClosedLoop only.
const load = JSON.parse(String(process.argv[2])) as ClosedLoop
const { shape, connections, seconds } = load
/** Enough for every account to come, each connection with bodies of its own. */
const bodiesPerConnection = Math.ceil(shape.accounts / (shape.eventsPerBody * connections))
const expected = `"accepted":${shape.eventsPerBody}`
let opened = 0

const before = process.cpuUsage()
const result = await autocannon({
  url: load.url,
  connections,
  duration: seconds,
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    ...(shape.isGzipped ? { 'content-encoding': 'gzip' } : {}),
  },
  setupClient: (client) => client.setRequests(bodiesOf(opened++).map(requestOf)),
  verifyBody: (body) => String(body).includes(expected),
})
const { user, system } = process.cpuUsage(before)

const answers: ClosedLoopResult = {
  accepted: (result['2xx'] - result.mismatches) * shape.eventsPerBody,
  requestsPerSecond: result['2xx'] / result.duration,
  notOk: result.non2xx + result.mismatches + result.errors + result.timeouts,
  latencyMs: { p50: result.latency.p50, p99: result.latency.p99 },
  cpuSeconds: (user + system) / 1e6,
  seconds: result.duration,
}
process.stdout.write(`${JSON.stringify(answers)}\n`)

function bodiesOf(connection: number): readonly Buffer[] {
  const first = connection * bodiesPerConnection
  return Array.from({ length: bodiesPerConnection }, (_, next) => bodyOf(shape, first + next))
}

function requestOf(body: Buffer): autocannon.Request {
  if (load.hasNewIds !== true) return { body }
  const renew = createRenewal(body)
  return {
    body,
    setupRequest: (request) => {
      renew()
      return request
    },
  }
}
