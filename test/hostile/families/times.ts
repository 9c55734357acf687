import fc from 'fast-check'
import { markerOf, soundFields, soundRow, textOf, type Input } from '../input.ts'

const two = (max: number): fc.Arbitrary<string> =>
  fc.nat(max).map((value) => String(value).padStart(2, '0'))

const year = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('2023', '2024') },
  { weight: 2, arbitrary: fc.constantFrom('0000', '1999', '2000', '1969', '2026', '9999', '23') },
)

/** Mostly dates, not always in the calendar. */
const written = fc
  .record({
    date: fc.tuple(year, two(13), two(32)).map((parts) => parts.join('-')),
    separator: fc.constantFrom('T', 't', ' ', 'T', '_', ''),
    time: fc.tuple(two(24), two(60), two(61)).map((parts) => parts.join(':')),
    fraction: fc.oneof(
      fc.constant(''),
      fc.tuple(fc.constantFrom('.', ','), fc.nat(1_999_999_999)).map((parts) => parts.join('')),
    ),
    zone: fc.constantFrom(
      'Z',
      'z',
      '',
      '+00:00',
      '-0000',
      '+02:00',
      '-11:59',
      '+05',
      '+24:00',
      ' UTC',
      '+1',
    ),
  })
  .map(
    ({ date, separator, time, fraction, zone }) => `${date}${separator}${time}${fraction}${zone}`,
  )

const other = fc.oneof(
  fc.constantFrom('2023-11-03', '2023-11-03T10:15Z', '', 'now', 'Fri, 03 Nov 2023 10:15:20 GMT'),
  fc.constantFrom(
    '2023-W44-5',
    '20231103T101520Z',
    '２０２３-11-03T10:15:20Z',
    '2023-11-03T10:15:20Z\n',
  ),
  fc.nat({ max: 2 ** 31 }).map((seconds) => String(seconds)),
  fc.nat({ max: 12_000 }).map((length) => '1'.repeat(length)),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
)

const timestampJson = fc.oneof(
  { weight: 8, arbitrary: written.map((text) => JSON.stringify(text)) },
  { weight: 3, arbitrary: other.map((text) => JSON.stringify(text)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '1699006520',
      '1699006520123',
      '1699006520123456',
      '1699006520123456789',
      '1699006520.5',
      '-1',
      '1e10',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('true', '{}', '[]', '[2023]', '1.5', '16990065201234', '0'),
  },
)

/** Timestamps at and around every accepted form. */
export function timestamps(seed: number, count: number): readonly Input[] {
  return fc.sample(timestampJson, { seed, numRuns: count }).map((json, index): Input => {
    const marker = markerOf(seed, index)
    const ms = msOf(JSON.parse(json))
    return {
      family: 'timestamps',
      name: json.slice(0, 60),
      body: Buffer.from(textOf({ ...soundFields(marker), timestamp: json })),
      verdict: ms === null ? 'refused' : 'accepted',
      rows: [{ ...soundRow(marker), ...(ms === null ? {} : { timestamp: ms }) }],
    }
  })
}

const EARLIEST = Date.parse('2000-01-01T00:00:00Z')
const STRICT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

/** What the contract makes of a timestamp, by JavaScript's own calendar; `null`: rejected. */
function msOf(value: unknown): number | null {
  const ms = typeof value === 'number' || typeof value === 'string' ? read(String(value)) : null
  const latest = Date.now() + 366 * 86_400_000
  return ms !== null && ms >= EARLIEST && ms <= latest ? ms : null
}

function read(text: string): number | null {
  if (/^(?:\d{10}|\d{13}|\d{16}|\d{19})$/.test(text)) {
    return Number(text.padEnd(13, '0').slice(0, 13))
  }
  if (/^\d{10}\.\d{1,9}$/.test(text))
    return Number(text.replace('.', '').padEnd(13, '0').slice(0, 13))
  if (text === '20231103T101520Z') return Date.parse('2023-11-03T10:15:20Z')
  const asUtc = /^(.{10})[Tt ](\d\d:\d\d:\d\d(?:[.,]\d+)?)(.*)$/s.exec(text.replace(',', '.'))
  const date = asUtc === null ? text.slice(0, 10) : (asUtc[1] ?? '')
  const isInCalendar = Date.parse(`${date}T00:00:00Z`) % 86_400_000 === 0 && !isRolledOver(date)
  if (!isInCalendar) return null
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return Date.parse(`${text}T00:00:00Z`)
  if (text === '2023-11-03T10:15Z') return Date.parse(text)
  return asUtc === null ? null : readWhole(date, asUtc[2] ?? '', asUtc[3] ?? '')
}

function readWhole(date: string, time: string, zone: string): number | null {
  const offset =
    zone === '' || /^z$/i.test(zone)
      ? 'Z'
      : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2').replace(/^[+-]\d\d$/, '$&:00')
  const isLeapSecond = time.slice(6, 8) === '60'
  const clock = isLeapSecond ? `${time.slice(0, 6)}59.999` : time
  const whole = `${date}T${clock}${offset}`
  if (
    !STRICT.test(whole) ||
    time.startsWith('24') ||
    (isLeapSecond && !/^.{8}(\.\d{1,9})?$/.test(time))
  )
    return null
  const ms = Date.parse(whole.replace(/(\.\d{3})\d+/, '$1'))
  return Number.isNaN(ms) ? null : ms
}

/** `Date` makes March 2 of February 30. */
function isRolledOver(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`)
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date
}
