/** Enough for some thousand bytes; each takes about as long as judging the body. */
const MAX_TRIES = 4_000

/**
 * The bytes with as many left out as can be while they still fail: pieces of half of them, of a quarter and so
 * on down to one byte, and again from larger pieces as long as that helps.
 */
export async function minimise(
  bytes: Buffer,
  fails: (bytes: Buffer) => Promise<boolean>,
): Promise<Buffer> {
  let least = bytes
  let tries = 0
  for (let size = Math.ceil(least.length / 2); size >= 1 && tries < MAX_TRIES;) {
    const before = least.length
    for (let at = 0; at < least.length && tries < MAX_TRIES; tries += 1) {
      const without = Buffer.concat([least.subarray(0, at), least.subarray(at + size)])
      if (await fails(without)) least = without
      else at += size
    }
    const isHelped = size === 1 && least.length < before
    size = isHelped ? Math.min(8, least.length) : Math.floor(size / 2)
  }
  return least
}
