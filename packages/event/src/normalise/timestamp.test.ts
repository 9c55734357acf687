import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseTimestamp } from './timestamp.ts'

const UTC = 'timestamp_assumed_utc'
const COARSE = 'timestamp_low_precision'
const EPOCH = 'timestamp_epoch'
const LEAP = 'timestamp_leap_second'

test('every accepted form gives its moment, and says what was assumed', () => {
  const table: readonly (readonly [unknown, string, ...string[]])[] = [
    ['2023-11-03T10:15:20.123Z', '2023-11-03T10:15:20.123Z'],
    ['2023-11-03t10:15:20.123z', '2023-11-03T10:15:20.123Z'],
    ['2023-11-03T10:15:20Z', '2023-11-03T10:15:20.000Z'],
    ['2023-11-03T10:15:20.1Z', '2023-11-03T10:15:20.100Z'],
    ['2023-11-03T10:15:20.12Z', '2023-11-03T10:15:20.120Z'],
    ['2023-11-03T10:15:20.1239Z', '2023-11-03T10:15:20.123Z'],
    ['2023-11-03T10:15:20.123999999Z', '2023-11-03T10:15:20.123Z'],
    ['2023-11-03T10:15:20.123+00:00', '2023-11-03T10:15:20.123Z'],
    ['2023-11-03T10:15:20.123-00:00', '2023-11-03T10:15:20.123Z'],
    ['2023-11-03T10:15:20.123+05:30', '2023-11-03T04:45:20.123Z'],
    ['2023-11-03T10:15:20.123+0530', '2023-11-03T04:45:20.123Z'],
    ['2023-11-03T10:15:20+05', '2023-11-03T05:15:20.000Z'],
    ['2023-11-03 10:15:20.123+00', '2023-11-03T10:15:20.123Z'],
    ['2023-11-03T10:15:20,123Z', '2023-11-03T10:15:20.123Z'],
    ['20231103T101520Z', '2023-11-03T10:15:20.000Z'],
    ['20231103t101520,5+0530', '2023-11-03T04:45:20.500Z'],
    ['20231103T1015', '2023-11-03T10:15:00.000Z', COARSE, UTC],
    ['2023-11-03T10:15:20-08:00', '2023-11-03T18:15:20.000Z'],
    ['2023-12-31T23:30:00-01:00', '2024-01-01T00:30:00.000Z'],
    ['2026-11-23T10:08:00.711844+00:00', '2026-11-23T10:08:00.711Z'],
    ['2023-11-03 10:15:20.123Z', '2023-11-03T10:15:20.123Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['2023-11-03 10:15:20.123', '2023-11-03T10:15:20.123Z', UTC],
    ['2023-11-03T10:15:20', '2023-11-03T10:15:20.000Z', UTC],
    ['2023-11-03', '2023-11-03T00:00:00.000Z', COARSE],
    ['2023-11-03T10:15Z', '2023-11-03T10:15:00.000Z', COARSE],
    ['2023-11-03T10:15+01:00', '2023-11-03T09:15:00.000Z', COARSE],
    ['2023-11-03 10:15', '2023-11-03T10:15:00.000Z', COARSE, UTC],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.999Z', LEAP],
    ['2016-12-31T23:59:60.5Z', '2016-12-31T23:59:59.999Z', LEAP],
    ['2016-12-31 23:59:60', '2016-12-31T23:59:59.999Z', LEAP, UTC],
    [1_699_006_520, '2023-11-03T10:15:20.000Z', EPOCH],
    ['1699006520', '2023-11-03T10:15:20.000Z', EPOCH],
    [1_699_006_520_123, '2023-11-03T10:15:20.123Z', EPOCH],
    ['1699006520123', '2023-11-03T10:15:20.123Z', EPOCH],
    [1_699_006_520_123_999, '2023-11-03T10:15:20.123Z', EPOCH],
    ['1699006520123999', '2023-11-03T10:15:20.123Z', EPOCH],
    [1_699_006_520.1234, '2023-11-03T10:15:20.123Z', EPOCH],
    ['1699006520.9', '2023-11-03T10:15:20.900Z', EPOCH],
    ['1699006520.000999999', '2023-11-03T10:15:20.000Z', EPOCH],
    ['1699006520123999999', '2023-11-03T10:15:20.123Z', EPOCH],
  ]
  for (const [value, expected, ...warnings] of table) {
    const parsed = parseTimestamp(value)
    assert.equal(parsed && new Date(parsed.ms).toISOString(), expected, String(value))
    assert.deepEqual(parsed?.warnings, warnings, String(value))
  }
})

test('what is no accepted form, or no moment at all, is refused', () => {
  const table: readonly unknown[] = [
    '',
    ' ',
    'now',
    'null',
    '2023-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2023-04-31',
    '2023-13-01T00:00:00Z',
    '2023-00-01T00:00:00Z',
    '2023-01-00T00:00:00Z',
    '2023-01-32',
    '2023-11-03T24:00:00Z',
    '2023-11-03T23:60:00Z',
    '2023-11-03T23:59:61Z',
    '23-11-03T10:15:20Z',
    '2023-11-03T10:15:20.Z',
    '2023-11-03T10:15:20.1234567890Z',
    '2023-11-03T10:15:20,Z',
    '2023-11-03T10Z',
    '2023-11-03T10:15:20+24:00',
    '2023-11-03T10:15:20+05:60',
    '2023-11-03T10:15:20+5',
    '2023-11-03T10:15:20 UTC',
    '2023-11-03T10:15:20.123Z\n',
    ' 2023-11-03T10:15:20.123Z',
    '2023-11-03Z',
    '20231103',
    '20231103 101520Z',
    '20231103T10:15:20Z',
    '2023-1103T101520Z',
    '2023/11/03',
    'Fri, 03 Nov 2023 10:15:20 GMT',
    '2023-W44-5',
    '+002023-11-03T10:15:20Z',
    '２０２３-11-03T10:15:20Z',
    '2023-11-03T10:15:20.123Z'.padEnd(100_000, 'Z'),
    '169900652',
    '16990065201',
    '-1699006520',
    '1.699e9',
    '1699006520.',
    '1699006520123.5',
    169_900_652.5,
    -1_699_006_520,
    0,
    Number.NaN,
    1e300,
    null,
    undefined,
    true,
    {},
    [],
    ['2023-11-03'],
  ]
  for (const value of table) assert.equal(parseTimestamp(value), null, JSON.stringify(value))
})

test('a number is read by its digits as sent: a double would round nanoseconds into the next millisecond', () => {
  const text = '1699006520122999999'
  assert.equal(parseTimestamp(Number(text), text)?.ms, 1_699_006_520_122)
})

test('the canonical form of every moment gives that moment', () => {
  const min = new Date('0000-01-01T00:00:00.000Z')
  const max = new Date('9999-12-31T23:59:59.999Z')
  fc.assert(
    fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
      assert.deepEqual(parseTimestamp(date.toISOString()), { ms: date.getTime(), warnings: [] })
    }),
    { numRuns: 1_000 },
  )
})

test('an offset moves the moment by exactly that much', () => {
  const minutes = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 })
  fc.assert(
    fc.property(minutes, (offset) => {
      const size = Math.abs(offset)
      const [hh, mm] = [Math.floor(size / 60), size % 60].map((part) =>
        String(part).padStart(2, '0'),
      )
      const text = `2023-11-03T10:15:20.123${offset < 0 ? '-' : '+'}${hh}:${mm}`
      assert.equal(parseTimestamp(text)?.ms, 1_699_006_520_123 - offset * 60_000)
    }),
  )
})

test('no text at all makes the parser throw', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const parsed = parseTimestamp(value)
      assert.ok(parsed === null || Number.isSafeInteger(parsed.ms))
    }),
  )
})

test('results are the same in every time zone', () => {
  const program = `
    import { parseTimestamp } from ${JSON.stringify(new URL('./timestamp.ts', import.meta.url).href)}
    const forms = ['2023-03-26T02:30:00', '2023-11-05 01:30', '2023-11-03', '2023-11-03T10:15:20.123Z']
    console.log(JSON.stringify(forms.map(parseTimestamp)))`
  const outputs = ['UTC', 'America/New_York', 'Asia/Kolkata', 'Pacific/Apia'].map((TZ) => {
    const args = ['--input-type=module', '--eval', program]
    return spawnSync(process.execPath, args, { env: { TZ }, encoding: 'utf8' }).stdout
  })
  assert.match(outputs[0] ?? '', /1699006520123/)
  assert.equal(new Set(outputs).size, 1)
})
