import { connect as connectTcp, isIP, Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import { readSecureContext, type TlsFiles } from '@custom-events/runtime'
import { realHost } from './bootstrap-hosts.ts'

/** kafkajs's own. */
const KEEP_ALIVE_DELAY_MS = 60_000

/**
 * Connections that are closed with a reset, so that nothing which was not delivered yet is delivered later.
 *
 * kafkajs closes with `socket.end()`: Node goes on sending what it holds, and then the kernel does, for
 * minutes, should the network be away. A produce request that was given up would come after newer ones
 * went over the next connection, and an old copy of an event would win over its update.
 *
 * @param tls read for each connection by TLS; what is wrong with the files is an error of that connection.
 */
export function resetOnClose(tls: TlsFiles | null = null): ISocketFactory {
  return ({ host: named, port, ssl, onConnect }) => {
    const host = realHost(named)
    if (!ssl) return resetting(connectTcp({ host, port }, onConnect))
    try {
      const context = readSecureContext(tls)
      const raw = connectTcp({ host, port })
      // `host` is what the certificate must be of: without it Node would compare that of an address with `localhost`.
      const servername = isIP(host) === 0 ? { servername: host } : {}
      return resetting(
        connectTls({ ...ssl, ...context, socket: raw, host, ...servername }, onConnect),
        raw,
      )
    } catch (error) {
      return new Socket().destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }
}

/** @param raw below the socket, where that is one of TLS. */
function resetting(socket: Socket, raw: Socket = socket): Socket {
  socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS)
  socket.end = () => {
    raw.resetAndDestroy()
    return socket
  }
  return socket
}
