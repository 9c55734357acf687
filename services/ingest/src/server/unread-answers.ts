import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Large answers that their clients have not read yet, of all connections. */
export interface UnreadAnswers {
  /** Called when one was written to its connection. */
  readonly written: (response: ServerResponse) => void
}

/**
 * A request of 20 KB can be answered with megabytes, and when it is answered its bytes are given back: what its client does not
 * read is held by nobody's budget, until the connection is cut for its silence. So all of them together may
 * have so many bytes; beyond that the connections are cut whose answers have waited for the longest time.
 */
export function createUnreadAnswers(
  maxBytes: number,
  onCut: (connections: number) => void,
): UnreadAnswers {
  const bytesBySocket = new Map<Socket, number>() // the oldest first
  let bytes = 0 // what the system's buffers have no room for, about

  const forget = (socket: Socket): void => {
    bytes -= bytesBySocket.get(socket) ?? 0
    bytesBySocket.delete(socket)
  }
  const cutOldest = (): void => {
    let cut = 0
    for (const socket of bytesBySocket.keys()) {
      if (bytes <= maxBytes) break
      forget(socket)
      socket.destroy()
      cut += 1
    }
    if (cut > 0) onCut(cut)
  }

  return {
    written: (response) => {
      const { socket } = response
      const left = socket?.writableLength ?? 0
      if (socket === null || left === 0) return
      forget(socket)
      bytesBySocket.set(socket, left)
      bytes += left
      response.once('close', () => forget(socket)) // read to its end, or the connection is gone
      cutOldest()
    },
  }
}
