import type { Server } from 'node:http'

/** Listens on PORT of 127.0.0.1 until SIGTERM. */
export function listenAsPeer(server: Server): void {
  server.keepAliveTimeout = 65_000
  server.listen(Number(process.env['PORT']), '127.0.0.1')
  process.on('SIGTERM', () => {
    server.close()
    server.closeAllConnections()
  })
}
