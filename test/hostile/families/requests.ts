import fc from 'fast-check'
import { naughtyStrings } from '../corpora.ts'
import { markerOf, soundFields, soundRow, textOf, type Input } from '../input.ts'

/** Headers that the server reads, and some that it must not trust. */
const HEADERS = [
  'x-request-id',
  'content-type',
  'content-encoding',
  'idempotency-key',
  'sentat',
  'prefer',
  'origin',
  'authorization',
  'x-api-key',
  'x-write-key',
  'x-forwarded-for',
  'x-http-method-override',
  'accept-encoding',
  'cookie',
  'expect',
  'te',
  'user-agent',
] as const

/** What a header may hold at all: Latin-1 without control characters. */
const headerText = fc.oneof(
  fc.constantFrom(...naughtyStrings()).map((text) => Buffer.from(text).toString('latin1')),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.nat(3_000).map((length) => 'a'.repeat(length)),
  fc.constantFrom(
    'multipart/form-data; boundary=x',
    'application/x-ndjson',
    'gzip',
    'handling=strict',
  ),
  fc.constantFrom('__proto__', '; charset=utf-16', '100-continue', 'constructor', 'null'),
)

/** A sound event with a hostile header. */
export function hostileHeaders(seed: number, count: number): readonly Input[] {
  const arbitrary = fc.tuple(fc.constantFrom(...HEADERS), headerText)
  return fc.sample(arbitrary, { seed, numRuns: count }).map(([name, text], index): Input => {
    const marker = markerOf(seed, index)
    // oxlint-disable-next-line no-control-regex -- exactly what a header cannot hold
    const value = text.replace(/[^\t\u0020-\u007e\u0080-\u00ff]/g, '').trim()
    return {
      family: 'hostile headers',
      name: `${name}: ${value.slice(0, 40)}`,
      body: Buffer.from(textOf(soundFields(marker))),
      headers: { [name]: value },
      verdict: ['content-type', 'content-encoding', 'expect'].includes(name) ? 'any' : 'accepted',
      rows: [soundRow(marker)],
    }
  })
}

const METHODS = [
  'GET',
  'HEAD',
  'PUT',
  'DELETE',
  'TRACE',
  'OPTIONS',
  'PATCH',
  'PROPFIND',
  'POST',
] as const

const step = fc.oneof(
  fc.constantFrom('track', 'TRACK', '%74rack', '%zz', '..', '.', '', '%2e%2e', 'v1', 'api', 'b'),
  fc.constantFrom('%00', '%c0%af', '__proto__', 'projects', 'settings', '*', '\\', '<script>', "'"),
  fc.string({ unit: 'grapheme-ascii', maxLength: 12 }),
  fc.nat(2_500).map((length) => 'x'.repeat(length)),
)

/** URLs and methods at and around the known ones, with a body that no path would keep. */
export function hostilePaths(seed: number, count: number): readonly Input[] {
  const path = fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => `/${steps.join('/')}`)
  const query = fc.oneof(
    fc.constant(''),
    headerText.map((text) => `?${text}=&strict=1&results=${text}`),
  )
  const arbitrary = fc.tuple(fc.constantFrom(...METHODS), path, query)
  return fc.sample(arbitrary, { seed, numRuns: count }).map(([method, steps, search]): Input => {
    const url = (steps + search).replace(/[^\u0021-\u007e]/g, '') // what a client can send at all
    return {
      family: 'hostile methods and URLs',
      name: `${method} ${url.slice(0, 50)}`,
      method,
      path: url,
      body: method === 'TRACE' ? Buffer.alloc(0) : Buffer.from('{"event":"no account"}'),
      verdict: method === 'OPTIONS' ? 'any' : 'refused',
    }
  })
}
