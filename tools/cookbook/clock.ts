const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** The calendar of one time zone, by the tables of the JavaScript engine (ICU), not those of ClickHouse. */
export interface Clock {
  /** `2026-03-08 01:30:00.250`, as a clock on the wall shows it. */
  text(ms: number): string
  /** `2026-03-08` */
  day(ms: number): string
  /** 0 to 23. */
  hour(ms: number): number
  /** The Monday that its week begins with. */
  monday(ms: number): string
  /** The first day of its month. */
  month(ms: number): string
  /** The moment that `2026-03-08` (its midnight) or `2026-03-08 09:30` names there. */
  moment(text: string): number
}

export function createClock(timeZone: string): Clock {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  const text = (ms: number): string =>
    `${format.format(ms)}.${String(((ms % 1_000) + 1_000) % 1_000).padStart(3, '0')}`
  const day = (ms: number): string => text(ms).slice(0, 10)
  const offset = (ms: number): number => Date.parse(`${text(ms).replace(' ', 'T')}Z`) - ms
  return {
    text,
    day,
    hour: (ms) => Number(text(ms).slice(11, 13)),
    monday: (ms) => mondayOf(day(ms)),
    month: (ms) => `${day(ms).slice(0, 7)}-01`,
    moment: (wanted) => {
      const wall = Date.parse(
        `${wanted.length === 10 ? `${wanted}T00:00` : wanted.replace(' ', 'T')}Z`,
      )
      const guess = wall - offset(wall)
      return Math.floor((wall - offset(guess)) / MINUTE_MS) * MINUTE_MS
    },
  }
}

export function mondayOf(day: string): string {
  return addDays(day, -((weekdayOf(day) + 6) % 7))
}

/** 0 is Sunday. */
function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay()
}

/** 1 is Monday, 7 is Sunday. */
export function isoWeekday(day: string): number {
  return weekdayOf(day) || 7
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

export function daysBetween(from: string, to: string): number {
  return (Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS
}

/** `2026-03-01` and 2: `2026-05-01`. */
export function addMonths(month: string, months: number): string {
  const [year = 0, of = 0] = month.split('-').map(Number)
  return new Date(Date.UTC(year, of - 1 + months, 1)).toISOString().slice(0, 10)
}
