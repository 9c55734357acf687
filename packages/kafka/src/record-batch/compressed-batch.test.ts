import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeProduceRequest } from '../producer/produce-request.ts'
import type { OutgoingRecord } from '../records.ts'
import { registerCodecs } from './compression/codecs.fixture.ts'
import { compressorOf } from './compression/compressor.ts'
import { crc32c } from './crc32c.ts'
import type { OpenBatch } from './inflating.ts'
import { createOpenBatches } from './open-batches.ts'
import { encodeRecords } from './record-batch.ts'
import { readRecordSet } from './record-set.ts'

registerCodecs()
const kafkajs = createRequire(import.meta.resolve('kafkajs/package.json'))
// kafkajs has no types for these; the shapes are those of its version 2.2.4.
const DecoderOf = kafkajs('./src/protocol/decoder.js') as new (bytes: Buffer) => object
const decodeBatch = kafkajs('./src/protocol/recordBatch/v0/decoder.js') as (
  decoder: object,
) => Promise<{ readonly records: readonly DecodedRecord[] }>

interface DecodedRecord {
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
}

const AT = { topic: 't', partition: 3 }
const REQUEST = { version: 7, clientId: 'ingest', timeoutMs: 4_000, correlationId: 1 }
const HEADER_BYTES = 61
/** Length, checksum and codec: where a batch may differ from the same one without compression. */
const DIFFERENT = [
  [8, 12],
  [17, 21],
  [22, 23],
] as const
const INFLATE = { gzip: gunzipSync, zstd: zstdDecompressSync }

const bytes = fc
  .oneof(
    { weight: 6, arbitrary: fc.uint8Array({ maxLength: 40 }) },
    { weight: 2, arbitrary: fc.constantFrom(300, 8_191).map((size) => new Uint8Array(size)) },
  )
  .map((array) => Buffer.from(array))
const nullable = fc.option(bytes, { nil: null })
const record = fc.record({ key: nullable, value: nullable }).map((each) => ({ ...AT, ...each }))
const records = fc.array(record, { minLength: 1, maxLength: 100 })

for (const compression of ['gzip', 'zstd'] as const) {
  test(`${compression}: a batch holds what it holds plain, byte for byte, and readers find it`, async () => {
    const { codec, compress } = compressorOf(compression)
    await fc.assert(
      fc.asyncProperty(records, fc.nat(), async (drawn, timestampMs) => {
        const plainRecords = encodeRecords(drawn)
        const packed = compress(plainRecords)
        const compressed = { codec, bytes: packed, plainBytes: plainRecords.length }
        const plain = batchOf({ records: drawn, timestampMs })
        const batch = batchOf({ records: drawn, timestampMs, compressed })

        assert.ok(
          INFLATE[compression](batch.subarray(HEADER_BYTES)).equals(plain.subarray(HEADER_BYTES)),
        )
        assert.deepEqual(alike(batch), alike(plain), 'the rest of the header')
        assert.equal(batch[22], codec)
        assert.equal(batch.readInt32BE(8), batch.length - 12)
        assert.equal(batch.readUInt32BE(17), crc32c(batch.subarray(21)))
        const expected = drawn.map(({ key, value }, offset) => ({ offset, key, value }))
        assert.deepEqual(await byOurs(batch), expected)
        assert.deepEqual(await byKafkaJs(batch), expected)
      }),
      { numRuns: 100 },
    )
  })
}

/** The one batch of a request. */
function batchOf(part: {
  readonly records: readonly OutgoingRecord[]
  readonly timestampMs: number
  readonly compressed?: { readonly codec: number; readonly bytes: Buffer; plainBytes: number }
}): Buffer {
  const { timestampMs, ...rest } = part
  const request = encodeProduceRequest({ ...REQUEST, timestampMs, parts: [{ ...AT, ...rest }] })
  assert.equal(request.readInt32BE(0), request.length - 4)
  const before = encodeProduceRequest({ ...REQUEST, timestampMs, parts: [{ ...AT, records: [] }] })
  const start = before.length - HEADER_BYTES
  assert.equal(request.readInt32BE(start - 4), request.length - start)
  return request.subarray(start)
}

function alike(batch: Buffer): string {
  const header = Buffer.from(batch.subarray(0, HEADER_BYTES))
  for (const [start, end] of DIFFERENT) header.fill(0, start, end)
  return header.toString('hex')
}

async function byOurs(batch: Buffer) {
  const set = { ...AT, start: 0, end: batch.length, from: 0, aborted: [] }
  const how = { maxBytes: 1e7, open: createOpenBatches<OpenBatch>() }
  const { records: found } = await readRecordSet(batch, set, how)
  return found.map(({ offset, key, value }) => ({ offset, key, value }))
}

async function byKafkaJs(batch: Buffer) {
  const { records: found } = await decodeBatch(new DecoderOf(batch))
  return found.map(({ offset, key, value }) => ({ offset: Number(offset), key, value }))
}
