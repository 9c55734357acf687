import { atOnce, scanBody, scanBodyInPieces } from '@custom-events/event'
import { readDocument } from './document.ts'
import { readLines } from './ndjson.ts'
import { Refusal } from '../response/refusal.ts'
import { inSlices, type Slices } from '../admission/slices.ts'
import type { Envelope, EnvelopeLimits } from './envelope-parts.ts'

/**
 * Reads the events of a body: one object, an array, `{"events":[…]}`, `{"batch":[…]}` or NDJSON.
 * A body without anything unusual is read in its bytes, with the same result.
 *
 * @throws {Refusal} 400 for what is no such body, 413 for too many events, 415 for multipart.
 */
export function readEnvelope(
  body: Buffer,
  contentType: string | undefined,
  limits: EnvelopeLimits,
): Envelope {
  const scanned =
    contentType !== undefined && isSpecial(contentType) ? null : scanBody(body, limits.maxEvents)
  return scanned === null
    ? readOnReferencePath(body, contentType, limits)
    : { ...scanned, context: null }
}

/** The same for a long body, yielding to others. */
export async function readLongEnvelope(
  body: Buffer,
  contentType: string | undefined,
  limits: EnvelopeLimits,
  slices: Slices,
): Promise<Envelope> {
  const scanned =
    contentType !== undefined && isSpecial(contentType)
      ? null
      : await inSlices(scanBodyInPieces(body, limits.maxEvents), slices)
  if (scanned !== null) return { ...scanned, context: null }
  return inSlices(readOnReferencePathInPieces(body, contentType, limits), slices)
}

/** The reference path: parses the body and scans its text. */
export function readOnReferencePath(
  body: Buffer,
  contentType: string | undefined,
  limits: EnvelopeLimits,
): Envelope {
  return atOnce(readOnReferencePathInPieces(body, contentType, limits))
}

/** Lines are pieces; a document is parsed as one. */
function* readOnReferencePathInPieces(
  body: Buffer,
  contentType: string | undefined,
  limits: EnvelopeLimits,
): Generator<void, Envelope> {
  const mediaType = mediaTypeOf(contentType ?? '')
  if (mediaType.startsWith(MULTIPART)) {
    throw new Refusal(
      'unsupported_media_type',
      'multipart bodies are not read; send JSON or NDJSON',
    )
  }
  refuseUndeclared(body)
  return LINE_TYPES.has(mediaType) ? yield* readLines(body, limits) : readDocument(body, limits)
}

/** First bytes of compressed bodies: RFC 1952, RFC 8878. No UTF-8 begins so. */
const COMPRESSED = [
  { name: 'gzip', magic: Buffer.from([0x1f, 0x8b]), fix: 'say Content-Encoding: gzip' },
  {
    name: 'zstd',
    magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
    fix: 'zstd is not read: use gzip, deflate or br, and say so in Content-Encoding',
  },
]

function refuseUndeclared(body: Buffer): void {
  for (const { name, magic, fix } of COMPRESSED) {
    if (!body.subarray(0, magic.length).equals(magic)) continue
    throw new Refusal(
      'invalid_encoding',
      `the body begins like ${name}, which Content-Encoding does not say: ${fix}`,
    )
  }
}

function mediaTypeOf(contentType: string): string {
  return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** Whether each line is an event of its own, so that nothing stands beside them. */
export function isLines(contentType: string | undefined): boolean {
  return LINE_TYPES.has(mediaTypeOf(contentType ?? ''))
}

/** Every other type is read as JSON, see the contract. */
function isSpecial(contentType: string): boolean {
  if (contentType === 'application/json') return false
  const mediaType = mediaTypeOf(contentType)
  return mediaType.startsWith(MULTIPART) || LINE_TYPES.has(mediaType)
}

const MULTIPART = 'multipart/'
const LINE_TYPES = new Set(['application/x-ndjson', 'application/ndjson', 'application/jsonl'])
