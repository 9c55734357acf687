import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc32c, createCrc32cByTables } from './crc32c.ts'

const byTables = createCrc32cByTables()

test('both give the check values of CRC-32C: RFC 3720, appendix B.4, and the catalogue’s', () => {
  for (const crc of [crc32c, byTables]) {
    assert.equal(crc(Buffer.from('123456789')), 0xe3069283)
    assert.equal(crc(Buffer.alloc(32)), 0x8a9136aa)
    assert.equal(crc(Buffer.alloc(32, 0xff)), 0x62a8ab43)
    assert.equal(crc(Buffer.from(Array.from({ length: 32 }, (_, index) => index))), 0x46dd794e)
    assert.equal(crc(Buffer.alloc(0)), 0)
  }
})

test('the tables agree with the native one on any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.equal(byTables(bytes), crc32c(bytes))
    }),
  )
})

test('the native one is what this machine uses', () => {
  const native = createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: typeof crc32c }
  assert.equal(crc32c(Buffer.from('123456789')), native.crc32c(Buffer.from('123456789')))
})
