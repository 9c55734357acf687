import { bodyOf, pathOf, type BodyShape } from '../bodies.ts'
import { cpuMicrosOfTree } from '../process-tree.ts'
import { openConnection, type RawConnection } from '../raw-connection.ts'
import type { MeasuredServer } from '../ingest/servers.ts'

/** What is sent in one slice: each connection posts so many bodies, one after another. */
export interface SliceLoad {
  readonly shape: BodyShape
  readonly connections: number
  readonly requestsPerConnection: number
}

/** A server with connections to it that stay open. */
export interface SlicedServer {
  /** @returns its microseconds of CPU per event, all threads. @throws when an event was not accepted. */
  slice(): Promise<number>
  close(): void
}

/** Bodies that differ, as many as are worth to be kept. */
const BODIES = 500

export function openSlices(server: MeasuredServer, load: SliceLoad): SlicedServer {
  const { shape, requestsPerConnection } = load
  const { hostname, port } = new URL(server.url)
  const requests = requestsOf(shape)
  const open = (): Promise<RawConnection> => openConnection({ hostname, port: Number(port) })
  let connections: readonly RawConnection[] = []
  let sent = 0
  const next = (): Buffer => requests[sent++ % requests.length] ?? Buffer.alloc(0)
  return {
    slice: async () => {
      // Not before: a connection that asks for nothing is closed.
      if (connections.length === 0) {
        connections = await Promise.all(Array.from({ length: load.connections }, open))
      }
      const before = cpuMicrosOfTree(server.pid)
      const expected = `"accepted":${shape.eventsPerBody}`
      const work = { requests: next, times: requestsPerConnection, expected }
      await Promise.all(connections.map((connection) => postAll(connection, work)))
      const events = load.connections * requestsPerConnection * shape.eventsPerBody
      return (cpuMicrosOfTree(server.pid) - before) / events
    },
    close: () => {
      for (const connection of connections) connection.close()
    },
  }
}

function requestsOf(shape: BodyShape): readonly Buffer[] {
  const count = Math.ceil(BODIES / shape.eventsPerBody)
  return Array.from({ length: count }, (_, number) => {
    const body = bodyOf(shape, number)
    const head = [
      `POST ${pathOf(shape)} HTTP/1.1`,
      'Host: bench',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      ...(shape.isGzipped ? ['Content-Encoding: gzip'] : []),
    ]
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
  })
}

interface Posts {
  readonly requests: () => Buffer
  readonly times: number
  readonly expected: string
}

function postAll(connection: RawConnection, { requests, times, expected }: Posts): Promise<void> {
  let left = times
  return new Promise((resolve, reject) => {
    const post = (): void =>
      connection.ask(requests(), ({ status, body }) => {
        left -= 1
        if (status !== 200 || !body.includes(expected)) reject(new Error(`${status}: ${body}`))
        else if (left === 0) resolve()
        else post()
      })
    post()
  })
}
