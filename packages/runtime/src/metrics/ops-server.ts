import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Exposition } from './metrics.ts'
import { createOpsMetrics } from './ops-metrics.ts'
import { redact } from '../config/redact.ts'
import type { Readiness } from './readiness.ts'

export interface OpsServer extends AsyncDisposable {
  readonly port: number
}

/**
 * `/health/live` (200 while the process can answer), `/health/ready` (200, or 503 with reasons) and
 * `/metrics` (Prometheus text of what is exposed, with `ready` and `build_info`).
 *
 * @throws when the port is taken.
 */
export async function startOpsServer(options: {
  readonly host: string
  readonly port: number
  readonly readiness: () => Readiness | Promise<Readiness>
  readonly expose: () => Promise<Exposition>
}): Promise<OpsServer> {
  const exposeOps = createOpsMetrics(options.readiness)
  const exposeAll = async (): Promise<Exposition> => {
    const [given, own] = await Promise.all([options.expose(), exposeOps()])
    return { contentType: given.contentType, text: given.text + own.text }
  }
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0]
    if (request.method !== 'GET') return answer(response, 405, { error: 'only GET' })
    if (path === '/health/live') return answer(response, 200, { status: 'live' })
    if (path === '/health/ready') return void answerReadiness(response, options.readiness)
    if (path === '/metrics') return void answerMetrics(response, exposeAll)
    return answer(response, 404, { error: 'try /health/live, /health/ready or /metrics' })
  })
  server.requestTimeout = 5_000
  server.listen(options.port, options.host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // a TCP server's address is never a string
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answerReadiness(
  response: ServerResponse,
  ask: () => Readiness | Promise<Readiness>,
): Promise<void> {
  const readiness = await ask()
  const status = readiness.isReady ? 200 : 503
  answer(response, status, {
    status: readiness.isReady ? 'ready' : 'not ready',
    reasons: readiness.reasons,
  })
}

async function answerMetrics(
  response: ServerResponse,
  expose: () => Promise<Exposition>,
): Promise<void> {
  try {
    const { contentType, text } = await expose()
    response.writeHead(200, { 'content-type': contentType }).end(text)
  } catch (error) {
    answer(response, 500, { error: error instanceof Error ? error.message : String(error) })
  }
}

/** The port asks nobody who they are: reasons are told without the secrets of addresses. */
function answer(response: ServerResponse, status: number, body: object): void {
  const text = redact(JSON.stringify(body))
  response.writeHead(status, { 'content-type': 'application/json' }).end(text)
}
