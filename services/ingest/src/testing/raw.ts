import { connect } from 'node:net'

/** What came back on a connection until it was closed. */
export interface RawAnswer {
  readonly text: string
  readonly ms: number
}

/** For tests: sends bytes as they are and returns everything that comes back until the server closes. */
export function exchange(
  port: number,
  bytes: string | Buffer,
  { end = false, limitMs = 20_000 } = {},
): Promise<RawAnswer> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    const timer = setTimeout(() => socket.destroy(new Error(`open after ${limitMs} ms`)), limitMs)
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve({ text, ms: performance.now() - startedAt })
    })
    socket.write(bytes)
    if (end) socket.end()
  })
}

/** Only the text of `exchange`. */
export async function raw(
  port: number,
  bytes: string | Buffer,
  options: { readonly end?: boolean } = {},
): Promise<string> {
  return (await exchange(port, bytes, options)).text
}

/** A request to /track; each line of `headers` ends in CR LF. */
export function rawPost(headers: string, body: string): string {
  return `POST /track HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`
}
