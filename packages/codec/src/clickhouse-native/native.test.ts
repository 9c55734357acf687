import assert from 'node:assert/strict'
import { test } from 'node:test'
import avsc from 'avsc'
import fc from 'fast-check'
import { createTranscoder } from './native.ts'
import type { NativeSource } from './native-source.ts'
import { readNative } from '../testing/native-reader.fixture.ts'

const fields = [
  { name: 'text', type: 'string' },
  { name: 'maybe', type: ['null', 'string'], default: null },
  { name: 'late_null', type: ['string', 'null'] },
  { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  {
    name: 'maybe_at',
    type: ['null', { type: 'long', logicalType: 'timestamp-millis' }],
    default: null,
  },
  { name: 'count', type: 'int' },
  { name: 'big', type: 'long' },
  { name: 'flag', type: 'boolean' },
  { name: 'ratio', type: 'double' },
] as const
const schema = JSON.stringify({ type: 'record', name: 'Sample', fields })
const avro = avsc.Type.forSchema(JSON.parse(schema), { wrapUnions: false })

const moment = fc.integer({ min: Date.UTC(1900, 0), max: Date.UTC(2299, 0) })
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.nat({ max: 40_000 }).map((length) => 'é'.repeat(length)),
)
const datum = fc.record({
  text: anyText,
  maybe: fc.option(anyText),
  late_null: fc.option(fc.string()),
  at: moment,
  maybe_at: fc.option(moment),
  count: fc.integer(),
  big: fc.integer({ min: -(2 ** 53 - 2), max: 2 ** 53 - 2 }), // what avsc takes
  flag: fc.boolean(),
  ratio: fc.double({ noNaN: true }),
})
const SCHEMA_ID = 7
const GENERATION = 5

function framed(bytes: Buffer, id = SCHEMA_ID): Buffer {
  const header = Buffer.alloc(5)
  header.writeUInt32BE(id, 1)
  return Buffer.concat([header, bytes])
}

function sourcesOf(values: readonly (Buffer | null)[]): NativeSource[] {
  return values.map((value, index) => ({ value, partition: index % 3, offset: 2 ** 33 + index }))
}

function transcoder() {
  const made = createTranscoder({ readerSchema: schema, timeColumn: 'at' })
  made.learn(SCHEMA_ID, schema)
  return made
}

test('a block holds exactly what avsc reads from the same bytes', () => {
  const shared = transcoder()
  fc.assert(
    fc.property(fc.array(datum, { maxLength: 20 }), (data) => {
      const sources = sourcesOf(data.map((each) => framed(avro.toBuffer(each))))
      const result = shared.transcode(sources, GENERATION)
      assert.deepEqual(result.undecodable, [])
      const expected = sources.map(({ value, partition, offset }) => ({
        ...(value === null ? {} : (avro.fromBuffer(value.subarray(5)) as object)),
        kafka_partition: partition,
        version: GENERATION * 2 ** 48 + offset,
      }))
      assert.deepEqual(readNative(result.block), expected)
      if (data.length > 0) {
        const times = data.map(({ at }) => at)
        assert.deepEqual(result.time, { minMs: Math.min(...times), maxMs: Math.max(...times) })
      }
    }),
    { numRuns: 300 },
  )
})

test('a field goes into the column that is named for it, and is read and timed by its own name', () => {
  const columnByField = { at: 'set_at' }
  const made = createTranscoder({ readerSchema: schema, timeColumn: 'at', columnByField })
  made.learn(SCHEMA_ID, schema)
  const [sample] = fc.sample(datum, { numRuns: 1, seed: 1 })
  const [source] = sourcesOf([framed(avro.toBuffer(sample))])
  assert.ok(sample !== undefined && source !== undefined)
  const { block, time } = made.transcode([source], GENERATION)
  const [row] = readNative(block)
  assert.deepEqual(Object.keys(row ?? {}), made.columns)
  assert.equal(row?.['set_at'], sample.at)
  assert.equal(row?.['at'], undefined)
  assert.deepEqual(time, { minMs: sample.at, maxMs: sample.at })
  assert.equal(String(made.fields(source, ['at'])[0]), String(sample.at))
})

test('integers of 64 bits are kept exactly, at both ends', () => {
  const long = avsc.types.LongType['__with']({
    fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
    toBuffer: (value: bigint) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64LE(value)
      return bytes
    },
    fromJSON: BigInt,
    toJSON: Number,
    isValid: (value: unknown) => typeof value === 'bigint',
    compare: (a: bigint, b: bigint) => (a < b ? -1 : Number(a > b)),
  })
  const only = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'n', type: 'long' }] })
  const made = createTranscoder({ readerSchema: only, timeColumn: 'n' })
  made.learn(SCHEMA_ID, only)
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const { block } = made.transcode(sourcesOf([framed(long.toBuffer(value))]), GENERATION)
      // 2 bytes of counts, then the column's name and type with their lengths.
      assert.equal(block.readBigInt64LE(2 + 2 + 6), value)
    }),
    { numRuns: 2_000 },
  )
})

test('a bad record is named with its reason and its neighbours stay', () => {
  const good = framed(avro.toBuffer(fc.sample(datum, { numRuns: 1, seed: 1 })[0]))
  const bad = [
    [null, 'tombstone'],
    [Buffer.alloc(0), 'no_magic_byte'],
    [Buffer.from('plain text'), 'no_magic_byte'],
    [Buffer.from([0, 0, 0]), 'no_magic_byte'],
    [framed(good.subarray(5), 8), 'unknown_schema'],
    [framed(good.subarray(5), 9), 'unsupported_schema'],
    [good.subarray(0, good.length - 1), 'malformed_datum'],
    [Buffer.concat([good, Buffer.from([0])]), 'trailing_bytes'],
    [framed(Buffer.alloc(0)), 'malformed_datum'],
    [framed(Buffer.from([0x01])), 'malformed_datum'], // a string of length -1
    [framed(Buffer.alloc(20, 0xff)), 'malformed_datum'], // an integer that never ends
  ] as const
  const made = transcoder()
  made.learn(8, null)
  made.learn(
    9,
    JSON.stringify({ type: 'record', name: 'Other', fields: [{ name: 'a', type: 'string' }] }),
  )
  for (const [value, reason] of bad) {
    const result = made.transcode(sourcesOf([good, value, good]), GENERATION)
    assert.deepEqual(result.undecodable, [{ index: 1, reason }], reason)
    assert.equal(result.rows, 2)
    const offsets = readNative(result.block).map((row) => Number(row['version']) % 2 ** 48)
    assert.deepEqual(offsets, [2 ** 33, 2 ** 33 + 2])
  }
})

test('a schema is read only if it is a record of the name of ours that fits', () => {
  const made = transcoder()
  const named = (name: string) => JSON.stringify({ type: 'record', name, fields })
  assert.equal(made.fits(schema), true)
  assert.equal(made.fits(named('any.namespace.Sample')), true)
  for (const foreign of [
    named('Samples'),
    named('Sample.Other'),
    JSON.stringify({ type: 'record', fields }),
    JSON.stringify({ type: 'record', name: 'Sample' }),
    '"string"',
    '[]',
    'null',
    '',
    'syntax = "proto3";',
  ]) {
    assert.equal(made.fits(foreign), false, foreign)
    made.learn(9, foreign)
    const [bad] = made.transcode(
      sourcesOf([Buffer.from([0, 0, 0, 0, 9, 1])]),
      GENERATION,
    ).undecodable
    assert.equal(bad?.reason, 'unsupported_schema', foreign)
  }
})

test('random bytes and random cuts are refused or read, never thrown at, never read past', () => {
  const made = transcoder()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), datum, fc.nat(), (noise, sample, place) => {
      const whole = framed(avro.toBuffer(sample))
      const cut = whole.subarray(0, place % whole.length)
      const result = made.transcode(sourcesOf([framed(Buffer.from(noise)), cut, whole]), GENERATION)
      assert.equal(result.rows + result.undecodable.length, 3)
      assert.ok(result.undecodable.some(({ index }) => index === 1))
      assert.equal(readNative(result.block).length, result.rows)
    }),
    { numRuns: 1_000 },
  )
})

/** The same values, one after another in one buffer, as a fetch brings them. */
function within(sources: readonly NativeSource[]): readonly NativeSource[] {
  const all = Buffer.concat(sources.map(({ value }) => value ?? Buffer.alloc(0)))
  let at = 0
  return sources.map(({ partition, offset, value }) => {
    const start = at
    at += value?.length ?? 0
    const place = { within: all, valueStart: start, valueEnd: value === null ? -1 : at }
    return { partition, offset, value: Buffer.from('not to be looked at'), ...place }
  })
}

test('a value within other bytes is read as by itself, and nothing beyond its end', () => {
  const made = transcoder()
  const value = fc.oneof(
    datum.map((sample) => framed(avro.toBuffer(sample))),
    fc.tuple(datum, fc.nat()).map(([sample, place]) => {
      const whole = framed(avro.toBuffer(sample))
      return whole.subarray(0, place % whole.length)
    }),
    fc.uint8Array({ maxLength: 20 }).map((noise) => framed(Buffer.from(noise))),
    fc.constant(null),
  )
  fc.assert(
    fc.property(fc.array(value, { maxLength: 12 }), (values) => {
      const sources = sourcesOf(values)
      const { block, ...rest } = made.transcode(within(sources), GENERATION)
      const { block: expected, ...expectedRest } = made.transcode(sources, GENERATION)
      assert.ok(block.equals(expected), 'the blocks differ') // a diff of them takes gigabytes
      assert.deepEqual(rest, expectedRest)
      const ids = made.unknownSchemaIds(sources)
      assert.deepEqual(made.unknownSchemaIds(within(sources)), ids)
    }),
    { numRuns: 300 },
  )
})

test('a writer may have more fields, fewer fields with a default, and another order', () => {
  const writer = JSON.stringify({
    type: 'record',
    name: 'elsewhere.Sample', // Avro compares names without their namespace
    fields: [
      { name: 'unheard_of', type: ['null', 'string'] },
      { name: 'unheard_number', type: 'double' },
      ...fields.filter(({ name }) => name !== 'maybe' && name !== 'maybe_at').toReversed(),
    ],
  })
  const type = avsc.Type.forSchema(JSON.parse(writer), { wrapUnions: false })
  const made = createTranscoder({ readerSchema: schema, timeColumn: 'at' })
  made.learn(1, writer)
  fc.assert(
    fc.property(datum, fc.option(fc.string()), (sample, unheard) => {
      const value = { ...sample, unheard_of: unheard, unheard_number: 1 }
      const { block } = made.transcode(sourcesOf([framed(type.toBuffer(value), 1)]), GENERATION)
      const [row] = readNative(block)
      const { kafka_partition: _, version: __, ...read } = row ?? {}
      const roundTrip = avro.fromBuffer(avro.toBuffer(sample)) as object
      assert.deepEqual(read, { ...roundTrip, maybe: null, maybe_at: null })
    }),
    { numRuns: 200 },
  )
})

test('schemas that are still to be learnt are named once, bad headers ask for nothing', () => {
  const made = transcoder()
  const values = [
    framed(Buffer.alloc(1)),
    framed(Buffer.alloc(1), 3),
    framed(Buffer.alloc(1), 3),
    null,
  ]
  assert.deepEqual([...made.unknownSchemaIds(sourcesOf([...values, Buffer.from('text!')]))], [3])
})

test('the version is the generation before the offset, up to the ends of both', () => {
  const made = transcoder()
  const value = framed(avro.toBuffer(fc.sample(datum, { numRuns: 1, seed: 1 })[0]))
  for (const offset of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1]) {
    for (const generation of [0, 1, 32_767, 32_768, 65_535]) {
      const { block } = made.transcode([{ value, partition: 0, offset }], generation)
      const expected = (BigInt(generation) << 48n) | BigInt(offset)
      assert.equal(block.readBigUInt64LE(block.length - 8), expected)
    }
  }
})

test('fields are read as text, in the order that is asked for, null as nothing', () => {
  const made = transcoder()
  fc.assert(
    fc.property(datum, (given) => {
      const bytes = avro.toBuffer(given)
      const each: typeof given = avro.fromBuffer(bytes) // avsc writes some large numbers as others
      const [source] = sourcesOf([framed(bytes)])
      if (source === undefined) return
      const texts = made.fields(source, ['at', 'maybe', 'text', 'count', 'big', 'late_null'])
      assert.deepEqual(
        texts.map((text) => text.toString()),
        [each.at, each.maybe, each.text, each.count, each.big, each.late_null].map((one) =>
          Buffer.from(String(one ?? '')).toString(),
        ),
      )
    }),
  )
})
