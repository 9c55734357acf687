/** A chunk says its length in a line of its own, and ends in another. */
const FRAME_BYTES = 6
export const MIN_CHUNK_BYTES = 32
/** So much of a body may come in chunks of any size. */
export const FREE_WIRE_BYTES = 16 * 1_024

/**
 * Whether a body comes in pieces so small that they cost more than they bring. Nothing but a program that means
 * to writes thousands of chunks of a few bytes.
 */
export function isAbsurdlyCut(bytes: number, pieces: number): boolean {
  const isFree = bytes + pieces * FRAME_BYTES <= FREE_WIRE_BYTES
  return !isFree && bytes < pieces * MIN_CHUNK_BYTES
}
