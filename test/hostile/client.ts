import { Agent, request } from 'node:http'
import type { Input } from './input.ts'

/** What came back for one input. */
export interface Answer {
  /** 0: none. */
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
  /** Why there is no answer. */
  readonly failure: string | null
  readonly ms: number
}

export interface Client extends Disposable {
  send(input: Input): Promise<Answer>
}

/** The server's own limit for a request, and a second more: whatever takes longer hangs. */
const HANG_MS = 16_000

/** Keeps connections open between inputs, so that one input may also hurt the next. */
export function createClient(url: string, connections: number): Client {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return {
    send: async (input) => {
      const first = await sendOnce({ hostname, port, agent }, input)
      // A server may close an idle connection just when it is used: that answers nothing.
      const isStale = first.failure === 'ECONNRESET' || first.failure === 'EPIPE'
      return isStale ? sendOnce({ hostname, port, agent }, input) : first
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

function sendOnce(
  place: { readonly hostname: string; readonly port: string; readonly agent: Agent },
  { body, path = '/track?receipt=1&results=all', method = 'POST', headers = {} }: Input,
): Promise<Answer> {
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const give = (answer: Partial<Answer>): void => {
      clearTimeout(timer)
      const ms = performance.now() - startedAt
      resolve({ status: 0, headers: {}, text: '', failure: null, ms, ...answer })
    }
    const sent = request({
      ...place,
      path,
      method,
      headers: { ...headers, 'content-length': body.length },
    })
    const timer = setTimeout(() => {
      give({ failure: `hung for ${HANG_MS} ms` })
      sent.destroy()
    }, HANG_MS)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        give({ status: response.statusCode ?? 0, headers: response.headers, text })
      })
      response.on('error', ({ message }) => give({ failure: message }))
    })
    sent.on('error', (error) =>
      give({ failure: 'code' in error ? String(error.code) : error.message }),
    )
    sent.end(body)
  })
}
