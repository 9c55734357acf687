import { parseTimestamp } from '../normalise/timestamp.ts'

/** One format that plans may ask for. */
interface FormatRow {
  /** In words, for the producer. */
  readonly expected: string
  readonly validate: (text: string) => boolean
}

/** Longer texts are none of these, and are not looked at. */
const MAX_CHARS = 2_048

const matching =
  (pattern: RegExp) =>
  (text: string): boolean =>
    text.length <= MAX_CHARS && pattern.test(text)

const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/

/** Every format; each runs in time linear in the text. A plan that names another is refused. */
export const FORMATS: Readonly<Record<string, FormatRow>> = {
  'date-time': {
    expected: 'a date and time of RFC 3339, such as 2023-11-03T10:15:20Z',
    validate: (text) => text.length <= 64 && DATE_TIME.test(text) && parseTimestamp(text) !== null,
  },
  date: {
    expected: 'a date of RFC 3339, such as 2023-11-03',
    validate: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && parseTimestamp(text) !== null,
  },
  uuid: {
    expected: 'a UUID',
    validate: matching(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i),
  },
  // What an address must have to be one; whether it exists only a mail can tell.
  email: { expected: 'an e-mail address', validate: isEmail },
  uri: {
    expected: 'an absolute URI, such as https://example.com/',
    validate: (text) => matching(/^[a-z][a-z0-9+.-]*:[^\s]+$/i)(text) && URL.canParse(text),
  },
}

function isEmail(text: string): boolean {
  if (text.length > 254) return false
  const at = text.lastIndexOf('@')
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)]
  return at > 0 && at <= 64 && /^[^\s@\p{Cc}]+$/u.test(local) && isDomain(domain)
}

function isDomain(domain: string): boolean {
  return domain
    .split('.')
    .every((label) => /^[\p{L}\p{N}-]{1,63}$/u.test(label) && !/^-|-$/.test(label))
}
