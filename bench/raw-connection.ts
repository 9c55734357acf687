import { once } from 'node:events'
import { connect } from 'node:net'

export interface RawAnswer {
  /** 0: the connection was lost. */
  readonly status: number
  readonly body: string
}

/** A connection with at most one request under way. */
export interface RawConnection {
  ask(request: Buffer, answered: (answer: RawAnswer) => void): void
  close(): void
}

const LOST: RawAnswer = { status: 0, body: '' }

/**
 * HTTP by hand for answers with a Content-Length: a generator that costs more per request than the server
 * could not offer half of what the server can take.
 */
export async function openConnection(to: {
  readonly hostname: string
  readonly port: number
}): Promise<RawConnection> {
  const socket = connect({ host: to.hostname, port: to.port, noDelay: true })
  await once(socket, 'connect')
  let received = ''
  let answered: ((answer: RawAnswer) => void) | null = null
  const settle = (answer: RawAnswer): void => {
    const tell = answered
    answered = null
    received = ''
    tell?.(answer)
  }
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    received += text
    const answer = wholeAnswer(received)
    if (answer !== null) settle(answer)
  })
  socket.on('error', () => {})
  socket.on('close', () => settle(LOST))
  return {
    ask: (request, tell) => {
      answered = tell
      if (socket.destroyed) settle(LOST)
      else socket.write(request)
    },
    close: () => socket.destroy(),
  }
}

/** @returns `null` while something is missing. */
function wholeAnswer(text: string): RawAnswer | null {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd === -1) return null
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1])
  const body = text.slice(headEnd + 4)
  return body.length < length ? null : { status: Number(text.slice(9, 12)), body }
}
