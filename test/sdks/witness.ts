import { once } from 'node:events'
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import { faultsOfLaw } from '../support/law.ts'

/** One exchange that passed by. */
export interface Exchange {
  readonly method: string
  readonly path: string
  readonly status: number
}

/** Stands between SDKs and ingest, changes nothing, and holds every answer to the law of answers. */
export interface Witness extends AsyncDisposable {
  readonly url: string
  readonly exchanges: readonly Exchange[]
  /** What broke the law, each with its request. */
  readonly faults: readonly string[]
}

export async function startWitness(target: string): Promise<Witness> {
  const exchanges: Exchange[] = []
  const faults: string[] = []
  const server = createServer((request, response) => {
    forward(target, request, response, (answer, text) => {
      const { method = '', url: path = '' } = request
      const { statusCode: status = 0, headers } = answer
      exchanges.push({ method, path, status })
      const broken = faultsOfLaw({ method, status, headers, text })
      faults.push(...broken.map((fault) => `${method} ${path} ${status}: ${fault}`))
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
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function forward(
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
  note: (answer: IncomingMessage, text: string) => void,
): void {
  const { method, url: path, rawHeaders } = request
  const onward = send(new URL(path ?? '/', target), { method, headers: rawHeaders })
  onward.on('error', () => response.destroy())
  onward.on('response', (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('error', () => response.destroy())
    answer.on('end', () => {
      const body = Buffer.concat(chunks)
      note(answer, body.toString('utf8')) // before the SDK can act on it
      response.writeHead(answer.statusCode ?? 500, answer.rawHeaders).end(body)
    })
  })
  request.pipe(onward)
}
