import assert from 'node:assert/strict'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { test } from 'node:test'
import { createLogger } from '@custom-events/runtime'
import type { LinkBatch } from '../produce-link.ts'
import { compressorOf } from '../../record-batch/compression/compressor.ts'
import { encodeRecords } from '../../record-batch/record-batch.ts'
import type { OutgoingRecord } from '../../records.ts'
import { createPartCompressor, type PartCompressor } from './compressed-parts.ts'

const VERSION = 7
const INFLATE = { gzip: gunzipSync, zstd: zstdDecompressSync }
const silent = createLogger({ service: 'test', level: 'silent' })

/** Some 230 KB, unlike those of every other partition. */
function batchOf(partition: number, valueBytes = 230): LinkBatch {
  const records: readonly OutgoingRecord[] = Array.from({ length: 1_000 }, (_, index) => ({
    topic: 't',
    partition,
    key: Buffer.from(`account_${partition}`),
    value: Buffer.from(`{"number":${partition * index}}`.padEnd(valueBytes, 'x')),
  }))
  return { topic: 't', partition, records }
}

function opened(...given: Parameters<typeof createPartCompressor>): PartCompressor {
  const compressor = createPartCompressor(...given)
  assert.ok(compressor)
  return compressor
}

for (const compression of ['zstd', 'gzip'] as const) {
  test(`${compression}: each batch is its own, whatever is compressed before, after and beside it`, async () => {
    const compressor = opened(compression, silent)
    const [small, large] = [5, 3_000]
    const requests = [1, 2].map((request) =>
      [230, small, large, 230].map((valueBytes, at) => batchOf(request * 10 + at, valueBytes)),
    )
    const sent = await Promise.all(requests.map((batches) => compressor.compress(batches, VERSION)))
    for (const [index, batch] of requests.flat().entries()) {
      const part = sent.flat()[index]
      assert.equal(part?.partition, batch.partition)
      const inflated = INFLATE[compression](part?.compressed?.bytes ?? Buffer.alloc(0))
      assert.ok(inflated.equals(encodeRecords(batch.records)))
      assert.equal(part?.compressed?.plainBytes, inflated.length)
    }
  })
}

test('a request of many large batches leaves the event loop to others in between', async () => {
  const compressor = opened('zstd', silent)
  const batches = Array.from({ length: 200 }, (_, partition) => batchOf(partition))
  let turns = 0
  const turn = (): void => {
    turns += 1
    next = setImmediate(turn)
  }
  let next = setImmediate(turn)
  await compressor.compress(batches, VERSION)
  clearImmediate(next)
  assert.ok(turns > 3, `${turns} turns`)
})

test('what cannot be compressed is sent plain, and told once in a while', async () => {
  const lines: string[] = []
  const log = createLogger(
    { service: 'test', level: 'info' },
    { write: (line) => void lines.push(line) },
  )
  const broken = () => {
    throw new Error('no memory')
  }
  const compressor = opened('zstd', log, { ...compressorOf('zstd'), compress: broken })
  const batches = [batchOf(0), batchOf(1)]
  assert.deepEqual(await compressor.compress(batches, VERSION), batches)
  assert.equal(lines.length, 1)
  assert.match(String(lines), /no memory.*could not be compressed: it is sent plain.*runbook/)
})
