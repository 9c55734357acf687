import type { Target } from './attack.ts'

/** What a head says beside its method, path and length. */
export type Headers = Readonly<Record<string, string>>

export function headOf(path: string, headers: Headers = {}, method = 'POST'): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\nHost: events.example\r\n${lines.join('')}\r\n`
}

/** A whole request with its length. */
export function requestOf(path: string, body: Buffer | string, headers: Headers = {}): Buffer {
  const bytes = Buffer.from(body)
  const head = headOf(path, { ...headers, 'Content-Length': String(bytes.length) })
  return Buffer.concat([Buffer.from(head), bytes])
}

/** A path of SDKs: the key may be in the body there, so that it is read before anybody is known. */
export const SDK_PATH = '/v1/batch'

export function keyHeader({ key }: Target): Headers {
  return { 'X-Api-Key': key }
}
