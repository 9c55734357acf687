import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
} from 'node:zlib'
import fc from 'fast-check'
import { markerOf, soundFields, soundRow, textOf, type Input } from '../input.ts'

/** One change of some bytes; places are fractions, so that they fit any length. */
export interface Edit {
  readonly kind: 'flip' | 'replace' | 'insert' | 'delete' | 'repeat' | 'cut'
  readonly at: number
  readonly length: number
  readonly bytes: Buffer
}

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: 1, maxLength }).map((array) => Buffer.from(array))

const TELLING = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '\0',
  '\r\n',
  '\u2028',
  '\ud7ff',
  '\ufeff',
  '\\ud800',
]

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('flip', 'replace', 'insert', 'delete', 'flip', 'replace', 'repeat', 'cut'),
  at: fc.noBias(fc.nat(9_999)).map((place) => place / 10_000),
  length: fc.integer({ min: 1, max: 12 }),
  bytes: fc.oneof(
    bytes(4),
    fc.constantFrom(...TELLING).map((text) => Buffer.from(text)),
  ),
})

/** One to three changes of some bytes. */
export const edits = fc.array(edit, { minLength: 1, maxLength: 3 })

export function edited(original: Buffer, list: readonly Edit[]): Buffer {
  return list.reduce(editedOnce, original)
}

function editedOnce(original: Buffer, { kind, at, length, bytes: given }: Edit): Buffer {
  const place = Math.floor(at * original.length)
  const before = original.subarray(0, place)
  const part = original.subarray(place, place + length)
  const after = original.subarray(place + length)
  switch (kind) {
    case 'flip':
      return Buffer.concat([before, part.map((byte) => byte ^ (1 << (length % 8))), after])
    case 'replace':
      return Buffer.concat([before, given, original.subarray(place + given.length)])
    case 'insert':
      return Buffer.concat([before, given, part, after])
    case 'delete':
      return Buffer.concat([before, after])
    case 'repeat':
      return Buffer.concat([before, part, part, after])
    case 'cut':
      return before
  }
}

/** Sound bodies with some bytes changed: what is still JSON must be kept as it now is. */
export function editedBodies(seed: number, count: number): readonly Input[] {
  return fc.sample(edits, { seed, numRuns: count }).map((list, index): Input => {
    const body = edited(Buffer.from(textOf(soundFields(markerOf(seed, index)))), list)
    const name = list.map(({ kind }) => kind).join()
    return { family: 'changed bytes of a sound body', name, body, verdict: 'any', document: body }
  })
}

/** Bytes of any kind. */
export function randomBodies(seed: number, count: number): readonly Input[] {
  return fc.sample(bytes(400), { seed, numRuns: count }).map((body): Input => {
    const name = body.subarray(0, 16).toString('hex')
    return { family: 'random bytes', name, body, verdict: 'refused' }
  })
}

const CODINGS = {
  gzip: [gzipSync, gunzipSync],
  deflate: [deflateSync, inflateSync],
  'deflate ': [deflateRawSync, inflateRawSync],
  br: [brotliCompressSync, brotliDecompressSync],
} as const

const coding = fc.constantFrom(...(Object.keys(CODINGS) as (keyof typeof CODINGS)[])) // its own keys

/** Compressed bodies: whole, damaged, with something after them, or labelled as something else. */
export function compressedBodies(seed: number, count: number): readonly Input[] {
  const fate = fc.oneof(fc.constantFrom('whole', 'plain', 'twice'), edits)
  const samples = fc.sample(fc.tuple(coding, coding, fate), { seed, numRuns: count })
  return samples.map(([name, label, what], index): Input => {
    const marker = markerOf(seed, index)
    const event = Buffer.from(textOf(soundFields(marker)))
    const [compress] = CODINGS[name]
    const told = typeof what === 'string' ? what : what.map(({ kind }) => kind).join()
    const common = { family: 'compressed bodies', name: `${name} as ${label}: ${told}` }
    const headers = { 'content-encoding': label }
    const whole = compress(event)
    if (what === 'plain') return { ...common, headers, body: event, verdict: 'refused' }
    if (what === 'twice') {
      return { ...common, headers, body: compress(whole), verdict: 'refused' }
    }
    const body = what === 'whole' ? whole : edited(whole, what)
    const document = inflated(body, label)
    const isSound = what === 'whole' && (name === label || isDeflate(name, label))
    return {
      ...common,
      headers,
      body,
      verdict: isSound ? 'accepted' : 'any',
      ...(isSound ? { rows: [soundRow(marker)] } : { document: document ?? Buffer.alloc(0) }),
    }
  })
}

/** Both forms of deflate go by one name. */
function isDeflate(name: string, label: string): boolean {
  return name.startsWith('deflate') && label.startsWith('deflate')
}

function inflated(body: Buffer, label: keyof typeof CODINGS): Buffer | null {
  const readers = isDeflate(label, label) ? [inflateSync, inflateRawSync] : [CODINGS[label][1]]
  for (const read of readers) {
    try {
      return read(body, { maxOutputLength: 1_000_000 })
    } catch {
      // not this form
    }
  }
  return null
}
