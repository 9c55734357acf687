import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { CertificateFiles } from './kafka/certificates.ts'

/** HTTPS before a server that speaks HTTP only: the registry, and the engine of ClickHouse. */
export interface HttpsFront extends AsyncDisposable {
  /** As that of the server behind, but for scheme and port. */
  readonly url: string
}

/**
 * @param options.clientAuthority asks for a certificate of this authority (a file), and takes no connection without.
 * @param options.authorization what the header must be for a request to be let through. @default any
 */
export async function startHttpsFront(options: {
  /** Of the server behind. */
  readonly url: string
  readonly certificate: CertificateFiles
  readonly clientAuthority?: string
  readonly authorization?: string
  readonly port?: number
}): Promise<HttpsFront> {
  const { certificate, clientAuthority, authorization } = options
  const behind = new URL(options.url)
  const clients =
    clientAuthority === undefined
      ? {}
      : { requestCert: true, rejectUnauthorized: true, ca: await readFile(clientAuthority) }
  const server = createServer(
    { cert: await readFile(certificate.cert), key: await readFile(certificate.key), ...clients },
    (request, response) => {
      if (authorization !== undefined && request.headers.authorization !== authorization) {
        response.writeHead(401, { 'content-type': 'application/json' })
        return response.end('{"error_code":401,"message":"Unauthorized"}')
      }
      return passOn(behind, request, response)
    },
  )
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port
  const { pathname } = behind
  return {
    url: `https://127.0.0.1:${port}${pathname === '/' ? '' : pathname}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function passOn(behind: URL, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = request
  const path = request.url ?? '/'
  const passed = ask(
    { host: behind.hostname, port: behind.port, path, method, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    },
  )
  passed.on('error', () => response.destroy())
  response.on('close', () => passed.destroy())
  request.pipe(passed)
}
