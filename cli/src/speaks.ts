import { connect } from 'node:tls'

const LIMIT_MS = 2_000

/**
 * Whether a port that somebody answers on speaks TLS; null when nobody answers, or nothing in 2 s. Asked only to explain
 * a failure: no certificate is checked and nothing is sent but the beginning of a handshake.
 */
export function speaks(host: string, port: number): Promise<'tls' | 'plain' | null> {
  return new Promise((resolve) => {
    let isConnected = false
    const socket = connect({ host, port, rejectUnauthorized: false })
    const end = (outcome: 'tls' | 'plain' | null): void => {
      resolve(outcome)
      socket.destroy()
    }
    socket.once('connect', () => (isConnected = true))
    socket.once('secureConnect', () => end('tls'))
    socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
      // An alert, such as "handshake failure", is TLS too.
      end(/_ALERT_/.test(code) ? 'tls' : isConnected ? 'plain' : null)
    })
    socket.once('close', () => end(isConnected ? 'plain' : null))
    socket.setTimeout(LIMIT_MS, () => end(null))
  })
}

/**
 * What to do when one side speaks TLS and the other does not; null when that is not it.
 * @param addresses `host:port` each; the first that answers decides
 * @param remedy by what the server speaks
 */
export async function tlsMismatch(
  addresses: readonly string[],
  isTlsExpected: boolean,
  remedy: { readonly tls: string; readonly plain: string },
): Promise<string | null> {
  for (const address of addresses) {
    const at = address.lastIndexOf(':')
    const spoken = await speaks(
      address.slice(0, at).replace(/^\[|\]$/g, ''),
      Number(address.slice(at + 1)),
    )
    if (spoken === null) continue
    if ((spoken === 'tls') === isTlsExpected) return null
    return spoken === 'tls'
      ? `${address} speaks TLS, and it was asked without: ${remedy.tls}`
      : `${address} answers, but not in TLS: ${remedy.plain}`
  }
  return null
}

/** The same for a server that is asked over HTTP. */
export function httpMismatch(variable: string, url: string): Promise<string | null> {
  const { protocol, hostname, port } = new URL(url)
  const isTls = protocol === 'https:'
  return tlsMismatch([`${hostname}:${port || (isTls ? '443' : '80')}`], isTls, {
    tls: `begin ${variable} with https://`,
    plain: `begin ${variable} with http://, or name the port that has TLS`,
  })
}
