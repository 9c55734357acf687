import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

/** kafkajs's own. */
const KEEP_ALIVE_DELAY_MS = 60_000

/**
 * Connections that are closed with a reset, so that nothing which was not delivered yet is delivered later.
 *
 * kafkajs closes with `socket.end()`: Node goes on sending what it holds, and then the kernel does, for
 * minutes, should the network be away. A produce request that was given up would come after newer ones
 * went over the next connection, and an old copy of an event would win over its update.
 */
export const resetOnClose: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const raw = connectTcp({ host, port }, ssl ? undefined : onConnect)
  const servername = isIP(host) === 0 ? { servername: host } : {}
  const socket: Socket = ssl ? connectTls({ socket: raw, ...servername, ...ssl }, onConnect) : raw
  socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS)
  socket.end = () => {
    raw.resetAndDestroy()
    return socket
  }
  return socket
}
