import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from './random.ts'

/** What the link does to whatever passes through it. */
export type LinkMode =
  | { readonly kind: 'healthy' }
  /** Every piece waits. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** Bytes per second, in each direction of each connection. */
  | { readonly kind: 'rate'; readonly bytesPerSecond: number }
  /** Bytes are taken and never delivered; what was held is dropped with its connection. */
  | { readonly kind: 'blackhole' }
  /** Connections are cut as soon as they are made; those that are open, too. */
  | { readonly kind: 'refuse' }
  /** Every piece, in either direction, is answered with a reset. */
  | { readonly kind: 'reset' }
  /** Requests are delivered; the answer is replaced by a reset. */
  | { readonly kind: 'drop_answer' }
  /** Pieces of a few bytes. */
  | { readonly kind: 'slice'; readonly maxBytes: number }
  /** The connection ends after so many bytes of a request, in the middle of it. */
  | { readonly kind: 'cut'; readonly afterBytes: number }

export interface FaultProxy extends AsyncDisposable {
  readonly port: number
  /** Holds for new and open connections from now on. */
  set(mode: LinkMode): void
  /** Pieces that were hurt by the mode of that name. */
  readonly hurt: ReadonlyMap<LinkMode['kind'], number>
}

/** A TCP proxy on 127.0.0.1 that can be made to fail; what it does at random follows from `random`. */
export async function startFaultProxy(target: {
  /** Where what is healthy goes. */
  readonly port: () => number
  readonly random: Random
}): Promise<FaultProxy> {
  let mode: LinkMode = { kind: 'healthy' }
  const hurt = new Map<LinkMode['kind'], number>()
  const sockets = new Set<Socket>()
  const link: Link = {
    mode: () => mode,
    random: target.random,
    hurt: (kind) => void hurt.set(kind, (hurt.get(kind) ?? 0) + 1),
  }
  const server = createServer((client) => {
    if (mode.kind === 'refuse') {
      link.hurt('refuse')
      client.resetAndDestroy()
      return
    }
    const upstream = connect({ port: target.port(), host: '127.0.0.1' })
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true))
      socket.on('error', () => {}) // seen as a close
      socket.once('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    void pump(client, upstream, { ...link, isRequest: true })
    void pump(upstream, client, { ...link, isRequest: false })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port for the proxy')
  return {
    port: address.port,
    hurt,
    set: (next) => {
      // What a black hole has swallowed must not come out again, out of order.
      if (mode.kind === 'blackhole' || next.kind === 'refuse') {
        for (const socket of sockets) socket.resetAndDestroy()
      }
      mode = next
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Link {
  readonly mode: () => LinkMode
  readonly random: Random
  readonly hurt: (kind: LinkMode['kind']) => void
}

/** Moves what arrives at one end to the other, one piece at a time, until either ends. */
async function pump(
  from: Socket,
  to: Socket,
  link: Link & { readonly isRequest: boolean },
): Promise<void> {
  let passed = 0
  let last = Promise.resolve(true)
  try {
    for await (const chunk of from) {
      const piece = Buffer.from(chunk)
      const mode = link.mode()
      if (mode.kind !== 'healthy') link.hurt(mode.kind)
      passed = mode.kind === 'cut' ? passed + piece.length : 0
      const arrivedAt = performance.now()
      last = last.then((isOpen) => isOpen && pass(piece, to, { mode, link, passed, arrivedAt }))
      // Latency holds up every piece, not the next one too.
      if (mode.kind !== 'latency' && !(await last)) {
        from.resetAndDestroy()
        to.resetAndDestroy()
        return
      }
    }
    if (await last) to.end()
  } catch {
    to.destroy() // the other side has seen an error or a close
  }
}

/** @returns false when the connection is to be reset. */
async function pass(
  piece: Buffer,
  to: Socket,
  {
    mode,
    link,
    passed,
    arrivedAt,
  }: { mode: LinkMode; link: Link & { isRequest: boolean }; passed: number; arrivedAt: number },
): Promise<boolean> {
  switch (mode.kind) {
    case 'healthy':
      return write(to, piece)
    case 'latency':
      await delay(arrivedAt + mode.ms * (0.5 + link.random.next()) - performance.now())
      return write(to, piece)
    case 'rate':
      await delay((piece.length / mode.bytesPerSecond) * 1_000)
      return write(to, piece)
    case 'blackhole':
      return true
    case 'refuse':
    case 'reset':
      return false
    case 'drop_answer':
      return link.isRequest ? write(to, piece) : false
    case 'slice':
      for (let at = 0; at < piece.length;) {
        // Many tiny pieces of a large block would take minutes; the first hundred make the point.
        const bytes =
          at < 100 * mode.maxBytes ? link.random.integer(1, mode.maxBytes) : piece.length
        await write(to, piece.subarray(at, at + bytes))
        at += bytes
      }
      return true
    case 'cut':
      if (!link.isRequest || passed < mode.afterBytes) return write(to, piece)
      await write(to, piece.subarray(0, Math.floor(piece.length / 2)))
      return false
  }
}

/** @returns false when nobody takes it any more. */
async function write(to: Socket, piece: Buffer): Promise<boolean> {
  if (to.destroyed) return false
  try {
    if (!to.write(piece)) await Promise.race([once(to, 'drain'), once(to, 'close')])
    return !to.destroyed
  } catch {
    return false // reset while it was waited for
  }
}
