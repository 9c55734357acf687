import fc from 'fast-check'
import { markerOf, soundFields, soundRow, textOf, type ExpectedRow, type Input } from '../input.ts'
import { jsonValueText } from '../json-texts.ts'

type Shape = 'array' | 'batch' | 'events' | 'lines'
const SHAPES = ['array', 'batch', 'events', 'lines'] as const

/** `true`: a sound event; a text: something else that stands in its place. */
type Element = true | string

const junk = fc.constantFrom(
  'null',
  '7',
  '"x"',
  '[]',
  '{}',
  '[[]]',
  '{"batch":[]}',
  '{"event":"x"}',
  '{"event":null,"group_id":null}',
)

const elements = fc.array(fc.oneof(fc.constant<Element>(true), junk), {
  minLength: 1,
  maxLength: 6,
})

/** Lists in every form, some of whose elements are no events. */
export function lists(seed: number, count: number): readonly Input[] {
  const arbitrary = fc.tuple(fc.constantFrom(...SHAPES), elements, fc.boolean())
  return fc
    .sample(arbitrary, { seed, numRuns: count })
    .map(([shape, list, hasMark], index): Input => {
      const rows: ExpectedRow[] = []
      const texts = list.map((element, at) => {
        const marker = markerOf(seed, index * 10 + at)
        rows.push(soundRow(marker))
        return element === true ? textOf(soundFields(marker)) : element
      })
      const body = (hasMark ? '\ufeff' : '') + wrapped(shape, texts)
      return {
        family: 'lists with other things in them',
        name: `${shape}: ${list.map((element) => (element === true ? 'event' : element)).join()}`,
        body: Buffer.from(body),
        headers: shape === 'lines' ? { 'content-type': 'application/x-ndjson' } : {},
        verdict: list.includes(true) ? 'accepted' : 'refused',
        isEventAccepted: (at) => list[at] === true,
        rows,
      }
    })
}

function wrapped(shape: Shape, texts: readonly string[]): string {
  switch (shape) {
    case 'array':
      return `[${texts.join(' , ')}]`
    case 'batch':
      return `{"sentAt":"now","batch":[${texts.join()}],"unknown":[1]}`
    case 'events':
      return `{"events":\n[${texts.join('\n,')}]}`
    case 'lines':
      return texts.join('\r\n\n')
  }
}

/** Any JSON as a whole body, and any JSON in place of one field of an event. */
export function wrongTypes(seed: number, count: number): readonly Input[] {
  const names = Object.keys(soundFields('')).concat('context', 'anonymous_id', 'sent_at', 'type')
  const place = fc.constantFrom('the body', ...names)
  return fc
    .sample(fc.tuple(place, jsonValueText), { seed, numRuns: count })
    .map(([name, json], index) => {
      const fields = { ...soundFields(markerOf(seed, index)), [name]: json.text }
      const body = Buffer.from(name === 'the body' ? json.text : textOf(fields))
      const isRefused = json.faults.size > 0 && name !== 'type'
      return {
        family: 'any JSON in place of a field',
        name: `${name}: ${json.text.slice(0, 40)}`,
        body,
        verdict: isRefused || name === 'the body' ? 'refused' : 'any',
        document: body,
      }
    })
}
