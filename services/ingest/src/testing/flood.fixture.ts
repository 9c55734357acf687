import { once } from 'node:events'
import { connect } from 'node:net'

// A flood for refuse-early.test.ts: closed loops without a pause, which is more than a loop can take.
interface Orders {
  readonly port: number
  readonly body: string
  readonly connections: number
  /** It is over after so many, or when the time is over. */
  readonly refusals: number
  readonly limitMs: number
}

const [{ port, body, connections, refusals, limitMs }] = (await once(process, 'message')) as [
  Orders,
]
const request = `POST /track?results=none HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const counts = { taken: 0, refused: 0, other: 0 }
const refusedMs: number[] = []
let slowestTakenMs = 0
const until = performance.now() + limitMs
await Promise.all(Array.from({ length: connections }, keepSending))
refusedMs.sort((a, b) => a - b)
const refusedMedianMs = refusedMs[Math.floor(refusedMs.length / 2)] ?? 0
process.send?.({ ...counts, refusedMedianMs, slowestTakenMs })

async function keepSending(): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let sentAt: number | null = null
  const send = (): void => {
    sentAt = performance.now()
    socket.write(request)
  }
  socket.on('connect', send)
  socket.on('error', () => {}) // seen as a close
  socket.on('data', (chunk: Buffer) => {
    if (sentAt === null) return
    const status = chunk.toString('latin1', 9, 12) // an answer here is one packet
    if (status === '200') counts.taken += 1
    else if (status === '503') counts.refused += 1
    else counts.other += 1
    const ms = performance.now() - sentAt
    if (status === '503') refusedMs.push(ms)
    if (status === '200') slowestTakenMs = Math.max(slowestTakenMs, ms)
    sentAt = null
    if (counts.refused < refusals && performance.now() < until) send()
    else socket.destroy()
  })
  await new Promise((resolve) => socket.once('close', resolve))
}
