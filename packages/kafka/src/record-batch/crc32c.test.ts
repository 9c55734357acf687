import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc32c, createCrc32cByTables, nativeCrc32c } from './crc32c.ts'

const byTables = createCrc32cByTables()
const native = nativeCrc32c()

test('both give the check values of CRC-32C: RFC 3720, appendix B.4, and the catalogue’s', () => {
  for (const crc of [crc32c, byTables]) {
    assert.equal(crc(Buffer.from('123456789')), 0xe3069283)
    assert.equal(crc(Buffer.alloc(32)), 0x8a9136aa)
    assert.equal(crc(Buffer.alloc(32, 0xff)), 0x62a8ab43)
    assert.equal(crc(Buffer.from(Array.from({ length: 32 }, (_, index) => index))), 0x46dd794e)
    assert.equal(crc(Buffer.alloc(0)), 0)
  }
})

const skip = native === null && '@node-rs/crc32 has no build for this machine'
test('the native one agrees with the tables on any bytes', { skip }, () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.equal(native?.(bytes), byTables(bytes))
    }),
  )
})
