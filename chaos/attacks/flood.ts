import { connect, type Socket } from 'node:net'
import { createAnswerReader } from './answers.ts'
import type { Hands } from './attack.ts'
import { atRate } from './strike.ts'
import { countAnswer } from './tally.ts'

export interface Flood {
  readonly perSecond: number
  /** Kept open, one request at a time on each; what is due beyond is withheld, and counted. */
  readonly connections: number
  readonly request: (n: number) => Buffer
  /** Requests that `request` writes one behind the other. @default 1 */
  readonly pipelined?: number
}

/** Whole requests at a fixed rate on connections that are kept. */
export async function flood(hands: Hands, { pipelined = 1, ...options }: Flood): Promise<void> {
  const { tally, signal, pace } = hands
  const idle: Kept[] = []
  const all = new Set<Kept>()
  const open = (): Kept => {
    const kept = openKept(hands, pipelined, {
      onIdle: () => void idle.push(kept),
      onClosed: () => void all.delete(kept),
    })
    all.add(kept)
    return kept
  }
  const takeOpen = (): Kept | undefined => {
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop())
      if (all.has(kept)) return kept
    return undefined
  }
  await atRate(signal, (pace * options.perSecond) / pipelined, (n) => {
    const kept = takeOpen() ?? (all.size < options.connections ? open() : undefined)
    if (kept === undefined) {
      tally.withheld += pipelined
      return
    }
    tally.requests += pipelined
    kept.send(options.request(n))
  })
  await Promise.all([...all].map((kept) => kept.close()))
}

/** A connection with at most one request, or one row of them, under way. */
interface Kept {
  send(request: Buffer): void
  close(): Promise<void>
}

function openKept(
  { target, tally }: Hands,
  pipelined: number,
  events: { readonly onIdle: () => void; readonly onClosed: () => void },
): Kept {
  const reader = createAnswerReader()
  let missing = 0
  const socket: Socket = connect({ host: target.host, port: target.port, noDelay: true })
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('data', (chunk: Buffer) => {
    for (const answer of reader.read(chunk)) {
      countAnswer(tally, answer)
      missing -= 1
    }
    if (reader.isLast) socket.destroy()
    else if (missing === 0) events.onIdle()
  })
  socket.on('error', () => {}) // seen as a close
  socket.once('end', () => socket.destroy())
  let isOver = false
  socket.once('close', () => {
    events.onClosed()
    tally.wireBytes += socket.bytesWritten
    for (; missing > 0; missing -= 1) countAnswer(tally, isOver ? 'none yet' : 'cut')
  })
  return {
    send: (request) => {
      missing += pipelined
      socket.write(request)
    },
    close: () => {
      isOver = true
      socket.destroy()
      return closed
    },
  }
}
