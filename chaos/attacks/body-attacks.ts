import { randomBytes } from 'node:crypto'
import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib'
import type { Attack } from './attack.ts'
import { flood } from './flood.ts'
import { headOf, keyHeader, requestOf, SDK_PATH, type Headers } from './requests.ts'
import { strike } from './strike.ts'

const MEBIBYTE = 1_024 ** 2
const LIMIT_BYTES = 5 * MEBIBYTE
/** Of a body whose key is inside it, inflated. */
const STRANGERS_BYTES = MEBIBYTE / 2

const GZIP: Headers = { 'Content-Encoding': 'gzip' }
const BROTLI: Headers = { 'Content-Encoding': 'br' }
const DEFLATE: Headers = { 'Content-Encoding': 'deflate' }
const CHUNKED: Headers = { 'Transfer-Encoding': 'chunked' }

/** The same body at a fixed rate, to a path that reads bodies before anybody is known. */
function sameBody(options: {
  readonly name: string
  readonly sends: string
  readonly perSecond: number
  readonly headers: Headers
  readonly body: () => Buffer
}): Attack {
  const { name, sends, perSecond, headers, body } = options
  return {
    name,
    sends: `${perSecond} a second: ${sends}`,
    isKeyed: false,
    prepare: () => {
      const request = requestOf(SDK_PATH, body(), headers)
      return (hands) => flood(hands, { perSecond, connections: 64, request: () => request })
    },
  }
}

/** The same, by somebody who has a key. */
function withKey(name: string, sends: string, headers: Headers, body: () => Buffer): Attack {
  const perSecond = 10
  return {
    name: `${name}-with-key`,
    sends: `${perSecond} a second: ${sends}`,
    isKeyed: true,
    prepare: () => {
      const bytes = body()
      return (hands) => {
        const all = { ...headers, ...keyHeader(hands.target) }
        const request = requestOf(SDK_PATH, bytes, all)
        return flood(hands, { perSecond, connections: 64, request: () => request })
      }
    },
  }
}

const brackets = (): Buffer => brotliCompressSync('['.repeat(LIMIT_BYTES - 1))
const zeros = (): Buffer => gzipSync(Buffer.alloc(200 * MEBIBYTE), { level: 9 })
const blanks = (): Buffer => gzipSync(Buffer.alloc(LIMIT_BYTES - 1, ' '), { level: 9 })

/** The most that a stranger may have inflated. */
function justBelowAHundredfold(): Buffer {
  const random = randomBytes(16_000).toString('base64')
  for (let length = 1_000; ; length += 250) {
    const text = `{"batch":["${random.slice(0, length)}"],"x":"`
    const body = `${text}${'x'.repeat(STRANGERS_BYTES - 3 - text.length)}"}`
    const sent = gzipSync(body, { level: 9 })
    if (body.length / sent.length < 100) return sent
  }
}

/** Framing and compression: small to send, large to hold or to inflate. */
export const bodyAttacks: readonly Attack[] = [
  {
    name: 'chunks-of-one-byte',
    sends: '3 bodies of 1-byte chunks at once, 18 MB on the wire each',
    isKeyed: false,
    prepare: () => {
      const block = Buffer.from('1\r\n \r\n'.repeat(20_000))
      const parts = [headOf(SDK_PATH, CHUNKED), ...Array.from({ length: 150 }, () => block)]
      return (hands) => strike(hands, { perSecond: 3, atOnce: 3, parts: () => parts })
    },
  },
  {
    name: 'chunk-extensions',
    sends: '20 a second: a body whose chunks have 1 MB of extensions',
    isKeyed: false,
    prepare: () => {
      const chunk = Buffer.from(`1;${'x'.repeat(8_000)}\r\n \r\n`)
      const parts = [headOf(SDK_PATH, CHUNKED), ...Array.from({ length: 125 }, () => chunk)]
      return (hands) => strike(hands, { perSecond: 20, atOnce: 32, parts: () => parts })
    },
  },
  {
    name: 'endless-trailers',
    sends: '20 a second: a body with 1 MB of trailers',
    isKeyed: false,
    prepare: () => {
      const trailer = Buffer.from(`x-trailer: ${'x'.repeat(8_000)}\r\n`)
      const head = `${headOf(SDK_PATH, CHUNKED)}2\r\n{}\r\n0\r\n`
      const parts = [head, ...Array.from({ length: 125 }, () => trailer)]
      return (hands) => strike(hands, { perSecond: 20, atOnce: 32, parts: () => parts })
    },
  },
  sameBody({
    name: 'brotli-of-brackets',
    sends: 'some 14 bytes of brotli, 5 MiB of `[`',
    perSecond: 20,
    headers: BROTLI,
    body: brackets,
  }),
  withKey('brotli-of-brackets', 'some 14 bytes of brotli, 5 MiB of `[`', BROTLI, brackets),
  sameBody({
    name: 'gzip-bomb',
    sends: '204 KB of gzip, 200 MB of zeros',
    perSecond: 20,
    headers: GZIP,
    body: zeros,
  }),
  withKey('gzip-bomb', '204 KB of gzip, 200 MB of zeros', GZIP, zeros),
  sameBody({
    name: 'gzip-of-blanks',
    sends: '5 KB of gzip, 5 MiB of blanks',
    perSecond: 20,
    headers: GZIP,
    body: blanks,
  }),
  withKey('gzip-of-blanks', '5 KB of gzip, 5 MiB of blanks', GZIP, blanks),
  sameBody({
    name: 'gzip-just-below-a-hundredfold',
    sends: 'gzip of just less than 512 KiB, just less than a hundred times what is sent',
    perSecond: 50,
    headers: GZIP,
    body: justBelowAHundredfold,
  }),
  sameBody({
    name: 'gzip-members',
    sends: '2 MB of gzip in 100,000 members that hold nothing',
    perSecond: 10,
    headers: GZIP,
    body: () => {
      const empty = gzipSync('')
      return Buffer.concat(Array.from({ length: 100_000 }, () => empty))
    },
  }),
  sameBody({
    name: 'gzip-last-member-lies',
    sends: 'gzip in two members, 5 MiB and `{}`, so that it says it holds 2 bytes',
    perSecond: 20,
    headers: GZIP,
    body: () => Buffer.concat([gzipSync(Buffer.alloc(LIMIT_BYTES - 3, ' ')), gzipSync('{}')]),
  }),
  sameBody({
    name: 'gzip-says-large',
    sends: 'gzip of `{}` that says it holds 5 MiB',
    perSecond: 500,
    headers: GZIP,
    body: () => {
      const body = gzipSync('{}')
      body.writeUInt32LE(LIMIT_BYTES - 1, body.length - 4)
      return body
    },
  }),
  sameBody({
    name: 'deflate-raw-bomb',
    sends: '204 KB of deflate without a header, 200 MB of zeros',
    perSecond: 20,
    headers: DEFLATE,
    body: () => deflateRawSync(Buffer.alloc(200 * MEBIBYTE), { level: 9 }),
  }),
  sameBody({
    name: 'no-gzip',
    sends: 'JSON that is called gzip',
    perSecond: 500,
    headers: GZIP,
    body: () => Buffer.from('{"batch":[]}'),
  }),
]
