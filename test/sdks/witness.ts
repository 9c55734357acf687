import { once } from 'node:events'
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { faultsOfLaw } from '../support/law.ts'

/** One exchange that passed by. */
export interface Exchange {
  readonly method: string
  readonly path: string
  readonly status: number
  /** What was sent, inflated. */
  readonly body: Buffer
}

/** Stands between SDKs and ingest, changes nothing, and holds every answer to the law of answers. */
export interface Witness extends AsyncDisposable {
  readonly url: string
  readonly exchanges: readonly Exchange[]
  /** What broke the law, each with its request. */
  readonly faults: readonly string[]
  /** The next POST arrives, but its answer is lost; the connections of those after it are cut. */
  enterTunnel(): void
  leaveTunnel(): void
  /** Of all tunnels. */
  readonly seen: { readonly lostAnswers: number; readonly cutRequests: number }
}

export async function startWitness(target: string): Promise<Witness> {
  const exchanges: Exchange[] = []
  const faults: string[] = []
  const seen = { lostAnswers: 0, cutRequests: 0 }
  let isInTunnel = false
  let hasLostOne = false
  const server = createServer((request, response) => {
    const isCut = isInTunnel && hasLostOne
    if (isCut) {
      if (request.method === 'POST') seen.cutRequests += 1
      request.socket.destroy()
      return
    }
    const losesAnswer = isInTunnel && request.method === 'POST'
    if (losesAnswer) hasLostOne = true
    forward(target, request, response, (answer, text, body) => {
      const { method = '', url: path = '' } = request
      const { statusCode: status = 0, headers } = answer
      exchanges.push({ method, path, status, body })
      const broken = faultsOfLaw({ method, status, headers, text })
      faults.push(...broken.map((fault) => `${method} ${path} ${status}: ${fault}`))
      if (!losesAnswer) return
      request.socket.destroy()
      seen.lostAnswers += 1
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port for the witness')
  return {
    url: `http://127.0.0.1:${address.port}`,
    exchanges,
    faults,
    seen,
    enterTunnel: () => {
      isInTunnel = true
      hasLostOne = false
    },
    leaveTunnel: () => {
      isInTunnel = false
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

type Note = (answer: IncomingMessage, text: string, sent: Buffer) => void

function forward(
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
  note: Note,
): void {
  const { method, url: path, rawHeaders } = request
  const onward = send(new URL(path ?? '/', target), { method, headers: rawHeaders })
  const sent: Buffer[] = []
  request.on('data', (chunk: Buffer) => sent.push(chunk))
  onward.on('error', () => response.destroy())
  onward.on('response', (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('error', () => response.destroy())
    answer.on('end', () => {
      const body = Buffer.concat(chunks)
      // Before the SDK can act on it.
      note(answer, body.toString('utf8'), inflated(request, Buffer.concat(sent)))
      if (!response.destroyed) {
        response.writeHead(answer.statusCode ?? 500, answer.rawHeaders).end(body)
      }
    })
  })
  request.pipe(onward)
}

function inflated({ headers }: IncomingMessage, body: Buffer): Buffer {
  return headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}
