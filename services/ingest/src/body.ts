import type { IncomingMessage } from 'node:http'
import { encodingFrom, inflateBody } from './inflate.ts'
import { ClientGone, Refusal } from './refusal.ts'
import type { Reservation } from './shed.ts'

export interface BodyLimits {
  /** On the bytes sent and on the bytes after inflating. */
  readonly maxBodyBytes: number
  /** From the end of the headers to the end of the body. */
  readonly bodyTimeoutMs: number
}

/**
 * Reads a request's body, inflated, never holding more than the limit.
 *
 * @param reservation pays for every byte while it is held.
 * @throws {Refusal} 400, 408, 413, 415 or 503. @throws {ClientGone}
 */
export async function readBody(
  request: IncomingMessage,
  limits: BodyLimits,
  reservation: Reservation,
): Promise<Buffer> {
  const encoding = encodingFrom(request.headers['content-encoding'])
  if (declaredBytes(request) > limits.maxBodyBytes) throw tooLarge(limits)
  const sent = await collect(request, limits, reservation)
  if (sent.length === 0) throw new Refusal('empty_body', 'the body is empty')
  if (encoding === 'identity') return sent
  const body = await reservation.inTurn(() => inflateBody(sent, encoding, limits.maxBodyBytes))
  if (body === null || !reservation.take(body.length)) throw noRoom()
  return body
}

/** Bytes that `Content-Length` announces; 0 when there is none. */
export function declaredBytes(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0)
}

function collect(
  request: IncomingMessage,
  limits: BodyLimits,
  reservation: Reservation,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onGone)
      settle()
    }
    const fail = (error: Error): void => {
      finish(() => {
        request.pause()
        reject(error)
      })
    }
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes > limits.maxBodyBytes) return fail(tooLarge(limits))
      if (!reservation.take(chunk.length)) return fail(noRoom())
      chunks.push(chunk)
    }
    const onEnd = (): void => {
      const [only, ...more] = chunks
      const body = only !== undefined && more.length === 0 ? only : Buffer.concat(chunks, bytes)
      finish(() => resolve(body))
    }
    const onGone = (): void => fail(new ClientGone())
    const timer = setTimeout(() => fail(stalled(limits)), limits.bodyTimeoutMs)
    request.on('data', onData).on('end', onEnd).on('close', onGone)
    request.on('error', () => {}) // told by 'close'
  })
}

function tooLarge({ maxBodyBytes }: BodyLimits): Refusal {
  return new Refusal('body_too_large', `a body may have at most ${maxBodyBytes} bytes`)
}

function stalled({ bodyTimeoutMs }: BodyLimits): Refusal {
  return new Refusal('body_timeout', `the body was not complete after ${bodyTimeoutMs} ms`)
}

function noRoom(): Refusal {
  return new Refusal('overloaded', 'too many bodies are being read at once; nothing was taken')
}
