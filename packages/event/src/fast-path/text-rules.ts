import eventSchema from '../../../../schemas/event.schema.json' with { type: 'json' }
import { SLOT } from './slots.ts'

/** Parts of an event that the schema calls texts and of which it says how long they may be. */
const TEXTS = ['event_id', 'event', 'group_id', 'user_id', 'anonymous_id'] as const

/** No control characters: the one pattern that is checked in bytes. */
const NO_CONTROLS = String.raw`^[^\u0000-\u001f\u007f-\u009f]*$`
/** That there is a user, in the words of the schema. */
const SOME_USER = [
  { properties: { user_id: { type: 'string' } } },
  { properties: { anonymous_id: { type: 'string' } } },
]

/**
 * How many characters these bytes are, or -1 when the schema does not take them for this slot. They are
 * UTF-8, and a text without escapes.
 */
export type CharsIfValid = (slot: number, bytes: Uint8Array, start: number, end: number) => number

/**
 * What schemas/event.schema.json says of texts, read from it, checked on their bytes: ajv asks for strings, and
 * was a tenth of the time of a batch. text-rules.test.ts holds both against each other.
 *
 * @throws at the start, when the schema says of a text what is not checked here.
 */
export function readTextRules(schema: typeof eventSchema = eventSchema): CharsIfValid {
  const minChars: number[] = []
  const maxChars: number[] = []
  for (const name of TEXTS) {
    const {
      description: _,
      examples: __,
      type,
      ...rules
    } = { examples: [], ...schema.properties[name] }
    const { minLength, maxLength, pattern, ...unknown } = rules
    const isText = type === 'string' || String(type) === 'string,null'
    if (!isText || pattern !== NO_CONTROLS || Object.keys(unknown).length > 0) {
      throw new Error(
        `event.schema.json says of ${name} what text-rules.ts does not check: teach it`,
      )
    }
    minChars[SLOT[name]] = minLength
    maxChars[SLOT[name]] = maxLength
  }
  if (JSON.stringify(schema.anyOf) !== JSON.stringify(SOME_USER)) {
    throw new Error('event.schema.json demands another user than fast-judge.ts does: teach it')
  }
  return (slot, bytes, start, end) => {
    const chars = charsOf(bytes, start, end)
    return chars >= (minChars[slot] ?? 0) && chars <= (maxChars[slot] ?? 0) ? chars : -1
  }
}

/** -1 when there is a control character among them: below U+0020, or from U+007F to U+009F. */
function charsOf(bytes: Uint8Array, start: number, end: number): number {
  let chars = 0
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte < 0x7f) {
      if (byte < 0x20) return -1
      chars += 1
    } else if (byte === 0x7f) {
      return -1
    } else if (byte >= 0xc0) {
      if (byte === 0xc2 && (bytes[at + 1] ?? 0) < 0xa0) return -1
      chars += 1
    }
  }
  return chars
}
