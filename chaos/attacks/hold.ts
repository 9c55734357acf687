import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createAnswerReader } from './answers.ts'
import type { Hands } from './attack.ts'
import { countAnswer, type Tally } from './tally.ts'

export interface Holding {
  /** Connections held; one that is closed is opened again. */
  readonly count: number
  /** Written when a connection is open. @default nothing */
  readonly first?: Buffer | string
  /** How many of them `first` is. @default 1 */
  readonly requests?: number
  /** Written then, again and again. @default nothing */
  readonly drip?: {
    readonly everyMs: number
    /** How many of them a part is. @default 0 */
    readonly requests?: number
    readonly part: (n: number) => string
  }
  /** What comes back is left in the kernel's buffers. @default false */
  readonly isDeaf?: boolean
}

const OPENED_AT_ONCE = 100
const AGAIN_AFTER_MS = 200

/** Holds connections until the signal is aborted. */
export async function hold(hands: Hands, holding: Holding): Promise<void> {
  const { signal } = hands
  const held = Array.from({ length: holding.count }, async (_, n) => {
    await delay(Math.floor(n / OPENED_AT_ONCE) * 10)
    while (!signal.aborted) {
      await holdOne(hands, holding)
      if (!signal.aborted) await delay(AGAIN_AFTER_MS)
    }
  })
  await Promise.all(held)
}

function holdOne({ target, tally, signal }: Hands, holding: Holding): Promise<void> {
  const reader = createAnswerReader()
  tally.requests += holding.requests ?? 1
  return new Promise((resolve) => {
    let isAnswered = false
    const socket: Socket = connect({ host: target.host, port: target.port, noDelay: true })
    const letGo = (): void => void socket.destroy()
    signal.addEventListener('abort', letGo)
    const dripping = startDripping(socket, holding, tally)
    socket.once('connect', () => {
      if (holding.first !== undefined) socket.write(holding.first)
    })
    if (holding.isDeaf !== true) {
      socket.on('data', (chunk: Buffer) => {
        for (const answer of reader.read(chunk)) {
          isAnswered = true
          countAnswer(tally, answer)
        }
      })
    }
    socket.on('error', () => {}) // seen as a close
    socket.once('close', () => {
      clearInterval(dripping)
      signal.removeEventListener('abort', letGo)
      tally.wireBytes += socket.bytesWritten
      if (!isAnswered) countAnswer(tally, signal.aborted ? 'held to the end' : 'cut')
      resolve()
    })
  })
}

function startDripping(
  socket: Socket,
  { drip }: Holding,
  tally: Tally,
): NodeJS.Timeout | undefined {
  if (drip === undefined) return undefined
  let n = 0
  return setInterval(() => {
    if (!socket.writable || socket.connecting) return
    tally.requests += drip.requests ?? 0
    socket.write(drip.part(n++))
  }, drip.everyMs)
}
