import { naughtyStrings } from '../corpora.ts'
import { markerOf, soundFields, soundRow, textOf, type ExpectedRow, type Input } from '../input.ts'

const PLACES = [
  'value',
  'key',
  'event',
  'group_id',
  'user_id',
  'anonymous_id',
  'event_id',
  'context',
  'unknown field',
] as const

/** Every naughty string in every place where a string may stand. */
export function naughtyEverywhere(seed: number): readonly Input[] {
  return naughtyStrings().flatMap((text, at) =>
    PLACES.filter((place) => !(place === 'event_id' && text === '')).map((place, offset) => {
      const marker = markerOf(seed, at * PLACES.length + offset)
      return { ...inPlace(text, place, marker), family: `naughty string as ${place}` }
    }),
  )
}

function inPlace(
  text: string,
  place: (typeof PLACES)[number],
  marker: string,
): Omit<Input, 'family'> {
  const quoted = JSON.stringify(text)
  const build = (
    fields: Readonly<Record<string, string>>,
    row: ExpectedRow,
    verdict: Input['verdict'],
  ): Omit<Input, 'family'> => ({
    name: quoted.slice(0, 60),
    body: Buffer.from(textOf({ ...soundFields(marker), ...fields })),
    verdict,
    rows: [{ ...soundRow(marker), ...row }],
  })
  switch (place) {
    case 'value': {
      const properties = `{"v":${quoted}}`
      return build({ properties }, { properties }, 'accepted')
    }
    case 'key': {
      const properties = `{${quoted}:1}`
      return build({ properties }, { properties }, 'accepted')
    }
    case 'event':
      return build({ event: quoted }, { event: text }, isName(text, 200) ? 'accepted' : 'refused')
    case 'event_id': {
      const group = `account_${marker}` // keeps the identity apart from that of every other input
      const fields = { event_id: quoted, group_id: JSON.stringify(group) }
      return build(
        fields,
        { event_id: text, group_id: group },
        isName(text, 128) ? 'accepted' : 'refused',
      )
    }
    case 'group_id':
    case 'user_id':
      return build({ [place]: quoted }, { [place]: text }, idVerdict(text))
    case 'anonymous_id': {
      // The user is known all the same.
      const isNobody = text === '' || PLACEHOLDERS.has(text)
      return build(
        { [place]: quoted },
        { [place]: isNobody ? null : text },
        isNobody ? 'accepted' : idVerdict(text),
      )
    }
    case 'context': {
      const context = `{"page":{"title":${quoted}}}`
      return build({ context }, { context }, 'accepted')
    }
    case 'unknown field': {
      const name = JSON.stringify(`x ${text}`)
      return build({ [`x ${text}`]: quoted }, { extra: `{${name}:${quoted}}` }, 'accepted')
    }
  }
}

function idVerdict(text: string): Input['verdict'] {
  return isName(text, 256) && !PLACEHOLDERS.has(text) ? 'accepted' : 'refused'
}

function isName(text: string, maxChars: number): boolean {
  const chars = Array.from(text)
  const isLong = chars.length > maxChars
  return chars.length > 0 && !isLong && !chars.some(isControl)
}

function isControl(char: string): boolean {
  const code = char.codePointAt(0) ?? 0
  return code < 0x20 || (code >= 0x7f && code < 0xa0)
}

/** The contract's list, written out here: the test must not ask the product. */
const PLACEHOLDERS = new Set([
  'undefined',
  'null',
  'nil',
  'NaN',
  '[object Object]',
  '00000000-0000-0000-0000-000000000000',
])
