import assert from 'node:assert/strict'
import { test } from 'node:test'
import { xxHash32 } from './xx-hash.ts'

// As the tests of xxHash, lz4 and their bindings have them.
const KNOWN: readonly (readonly [text: string, hash: number])[] = [
  ['', 0x02cc5d05],
  ['a', 0x550d7456],
  ['abc', 0x32d153ff],
  ['Nobody inspects the spammish repetition', 0xe2293b2f],
]

test('the checksum is that of xxHash32, in pieces of any size', () => {
  for (const [text, hash] of KNOWN) {
    for (const step of [1, 3, 16, 17, 100]) {
      const hashing = xxHash32()
      for (let at = 0; at < text.length; at += step) {
        hashing.update(Buffer.from(text.slice(at, at + step)))
      }
      assert.equal(hashing.digest(), hash, `${text}, ${step} at a time`)
    }
  }
})
