import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createAnswerReader } from './answers.ts'
import type { Hands } from './attack.ts'
import { countAnswer } from './tally.ts'

export interface Strikes {
  readonly perSecond: number
  /** Connections at the same time; what is due beyond is withheld, and counted. */
  readonly atOnce: number
  /** What is written on the nth connection, as fast as it is taken. */
  readonly parts: (n: number) => Iterable<Buffer | string>
  /**
   * After the last part: wait for the answer, end the sending side and wait for it, or reset.
   * @default 'wait'
   */
  readonly ending?: 'wait' | 'end' | 'reset'
  /** The attacker lets go after so long. @default 15_000 */
  readonly maxMs?: number
  /** Answers after which the attacker lets go. @default 1 */
  readonly answers?: number
}

/** A connection for each request, begun at a fixed rate. */
export async function strike(hands: Hands, strikes: Strikes): Promise<void> {
  const open = new Set<Promise<void>>()
  await atRate(hands.signal, hands.pace * strikes.perSecond, (n) => {
    if (open.size >= strikes.atOnce) {
      hands.tally.withheld += 1
      return
    }
    const struck: Promise<void> = strikeOnce(hands, strikes, n).finally(() => open.delete(struck))
    open.add(struck)
  })
  await Promise.all(open)
}

/** Calls `work` so often a second until the signal is aborted, and makes up for what was late. */
export async function atRate(
  signal: AbortSignal,
  perSecond: number,
  work: (n: number) => void,
): Promise<void> {
  const startedAt = performance.now()
  for (let n = 0; !signal.aborted; await delay(1)) {
    const due = ((performance.now() - startedAt) / 1_000) * perSecond
    for (let burst = 0; n < due && burst < MAX_BURST; n += 1, burst += 1) work(n)
  }
}

/** So that a late attacker reads answers in between. */
const MAX_BURST = 64

function strikeOnce(hands: Hands, strikes: Strikes, n: number): Promise<void> {
  const { ending = 'wait', maxMs = 15_000, answers = 1 } = strikes
  const { target, tally, signal } = hands
  const reader = createAnswerReader()
  const letGo = AbortSignal.any([signal, AbortSignal.timeout(maxMs)])
  tally.requests += 1
  return new Promise((resolve) => {
    let answered = 0
    const socket = connect({ host: target.host, port: target.port, noDelay: true })
    const over = (): void => void socket.destroy()
    letGo.addEventListener('abort', over)
    const finish = (): void => {
      if (ending === 'end') socket.end()
      if (ending === 'reset') socket.resetAndDestroy()
    }
    socket.once('connect', () => void writeAll(socket, strikes.parts(n)).then(finish))
    socket.on('data', (chunk: Buffer) => {
      for (const answer of reader.read(chunk)) {
        answered += 1
        countAnswer(tally, answer)
      }
      if (answered >= answers) over()
    })
    socket.on('error', () => {}) // seen as a close
    socket.once('close', () => {
      letGo.removeEventListener('abort', over)
      tally.wireBytes += socket.bytesWritten
      if (answered === 0) countAnswer(tally, letGo.aborted ? 'none yet' : 'cut')
      resolve()
    })
  })
}

/** Resolves when all is written, or nobody takes it any more. */
async function writeAll(socket: Socket, parts: Iterable<Buffer | string>): Promise<void> {
  for (const part of parts) {
    if (!socket.writable) return
    if (socket.write(part)) continue
    await new Promise<void>((resolve) => {
      const done = (): void => {
        socket.off('drain', done).off('close', done)
        resolve()
      }
      socket.on('drain', done).on('close', done)
    })
  }
}
