import { Agent } from 'node:https'
import { readSecureContext, type TlsFiles } from './tls-files.ts'

/** As many connections as the client of ClickHouse opens by itself. */
const MAX_CONNECTIONS = 10

/**
 * Connections by HTTPS, each made with the files as they are then.
 *
 * @param options.keepAlive for who asks often: a connection that was kept may have been closed by the time it is used again.
 */
export function createTlsAgent(
  files: TlsFiles | null,
  { keepAlive = false }: { readonly keepAlive?: boolean } = {},
): Agent {
  const agent = new Agent({ keepAlive, maxSockets: MAX_CONNECTIONS })
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, callback) => {
    try {
      return connect({ ...options, ...readSecureContext(files) }, callback)
    } catch (error) {
      // Told as every other failure to connect: thrown from here it would come past the listeners of the request.
      callback?.(error instanceof Error ? error : new Error(String(error)), undefined as never)
      return undefined
    }
  }
  return agent
}
