import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { Reader, Writer } from './wire.fixture.ts'

/** A server to which clients of Kafka can talk: requests and answers behind their length, as Kafka frames them. */
export interface FramedServer extends AsyncDisposable {
  /** Once it listens. */
  readonly port: number
  listen(): Promise<void>
  /** Closes every connection. */
  hangUp(): void
}

/** @param serve is asked once for each connection; what it returns takes the requests of it, one by one. */
export function createFramedServer(
  serve: (socket: Socket) => (request: Reader) => void,
): FramedServer {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const take = serve(socket)
    let unread = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk) => {
      unread = Buffer.concat([unread, chunk])
      while (unread.length >= 4 && unread.length >= 4 + unread.readInt32BE(0)) {
        const end = 4 + unread.readInt32BE(0)
        const request = new Reader(unread.subarray(4, end))
        unread = unread.subarray(end)
        take(request)
      }
    })
  })
  const hangUp = (): void => sockets.forEach((socket) => void socket.destroy())
  return {
    get port() {
      return (server.address() as AddressInfo).port // it listens on a port
    },
    listen: async () => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    },
    hangUp,
    [Symbol.asyncDispose]: async () => {
      server.close()
      hangUp()
      await once(server, 'close')
    },
  }
}

export function reply(socket: Socket, correlationId: number, body: Buffer): void {
  const head = new Writer()
    .int32(4 + body.length)
    .int32(correlationId)
    .bytes()
  socket.write(Buffer.concat([head, body]))
}
