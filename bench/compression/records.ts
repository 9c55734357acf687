import { randomInt, randomUUID } from 'node:crypto'
import { createEventCodec } from '@custom-events/codec'
import type { OutgoingRecord } from '@custom-events/kafka'
import { compressorOf, encodeRecords } from '@custom-events/kafka/testing'
import { sampleEvent } from '../consumer/fill.ts'
import type { FigureTable } from '../figures.ts'
import type { BenchOptions } from '../options.ts'
import { median } from '../quantile.ts'

const CODECS = ['zstd', 'gzip'] as const
const BATCH_RECORDS = [60, 200, 600, 1_000]
const DIFFERENT_BATCHES = 8
const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15',
]

/** What each codec makes of the records of a batch, and what that costs, by itself in one process. */
export function compressionOfRecords(options: BenchOptions): FigureTable {
  const rows: (readonly (string | number)[])[] = []
  for (const kind of ['random', 'alike'] as const) {
    for (const records of BATCH_RECORDS) {
      const batches = Array.from({ length: DIFFERENT_BATCHES }, (_, turn) =>
        encodeRecords(recordsOf(kind, records, turn * records)),
      )
      for (const codec of CODECS) {
        const { bytes, cpu } = measured(codec, batches, options)
        const plain = sum(batches.map(({ length }) => length)) / DIFFERENT_BATCHES
        const figures = [plain, bytes, cpu].map((each) => each / records)
        rows.push([codec, KINDS[kind], records, ...figures])
      }
    }
  }
  return {
    name: 'records',
    columns: [
      'codec',
      'events',
      'records in a batch',
      'bytes a record, plain',
      'compressed',
      'µs of CPU per record',
    ],
    rows,
  }
}

const KINDS = {
  random: 'of random ids, users and agents',
  alike: 'as this benchmark sends them',
} as const

function recordsOf(
  kind: keyof typeof KINDS,
  count: number,
  first: number,
): readonly OutgoingRecord[] {
  const startMs = Date.now()
  return Array.from({ length: count }, (_, index) => {
    const number = first + index
    const usual = sampleEvent(kind === 'random' ? randomInt(1_000_000) : number, startMs)
    const event = kind === 'random' ? { ...usual, ...randomly(startMs) } : usual
    const key = Buffer.from(event.group_id)
    return { topic: 'bench', partition: 0, key, value: codec.encode(event, 1) }
  })
}

const codec = createEventCodec()

function randomly(startMs: number) {
  const ip = `203.0.${randomInt(256)}.${randomInt(256)}`
  return {
    event_id: randomUUID(),
    received_at: startMs,
    context: JSON.stringify({ ip, locale: 'en-GB', userAgent: AGENTS[randomInt(AGENTS.length)] }),
  }
}

function measured(
  codecName: (typeof CODECS)[number],
  batches: readonly Buffer[],
  { rounds, secondsPerCase }: BenchOptions,
) {
  const { compress } = compressorOf(codecName)
  const seen: number[] = []
  let bytes = 0
  for (let round = 0; round <= rounds; round++) {
    const endsAt = performance.now() + secondsPerCase * 100
    const before = process.cpuUsage()
    let done = 0
    for (; performance.now() < endsAt; done += batches.length) {
      bytes = 0
      for (const batch of batches) bytes += compress(batch).length
    }
    const { user, system } = process.cpuUsage(before)
    if (round > 0) seen.push((user + system) / done) // the first meets code that is not compiled
  }
  return { bytes: bytes / batches.length, cpu: median(seen) }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
