import fc from 'fast-check'
import { jsonTestSuite, type JsonFile } from '../corpora.ts'
import { markerOf, soundFields, soundRow, textOf, type Input } from '../input.ts'
import { jsonObjectText, type JsonText } from '../json-texts.ts'

/** Every file of JSONTestSuite as a whole body: none of them is an event. */
export function suiteAsBody(): readonly Input[] {
  return jsonTestSuite().map(({ name, bytes }): Input => {
    return { family: 'JSONTestSuite, as a body', name, body: bytes, verdict: 'refused' }
  })
}

/** Every file of JSONTestSuite inside `properties`. */
export function suiteInProperties(seed: number): readonly Input[] {
  return jsonTestSuite().map((file, index): Input => {
    const marker = markerOf(seed, index)
    const fields = { ...soundFields(marker), properties: '{"v":\u0000}' }
    const [before = '', after = ''] = textOf(fields).split('\u0000')
    const body = Buffer.concat([Buffer.from(before), file.bytes, Buffer.from(after)])
    const common = { family: 'JSONTestSuite, in properties', name: file.name, body }
    const verdict = suiteVerdict(file)
    if (verdict === 'refused') return { ...common, verdict }
    const properties = `{"v":${file.bytes.toString('utf8')}}`
    return { ...common, verdict, rows: [{ ...soundRow(marker), properties }] }
  })
}

/** `y_` files that the contract rejects although they are JSON. */
const DUPLICATES = /^y_object_duplicated_key/

function suiteVerdict({ name }: JsonFile): Input['verdict'] {
  if (name.startsWith('n_') || DUPLICATES.test(name)) return 'refused'
  return name.startsWith('y_') ? 'accepted' : 'any'
}

/** Documents of any content in the three open parts of an event. */
export function generatedDocuments(seed: number, count: number): readonly Input[] {
  const part = fc.constantFrom('properties', 'context', 'extra')
  const samples = fc.sample(fc.tuple(part, jsonObjectText), { seed, numRuns: count })
  return samples.map(([name, document], index) => {
    const marker = markerOf(seed, index)
    return name === 'extra'
      ? inExtra(marker, document)
      : inOpenPart(marker, name === 'context' ? 'context' : 'properties', document)
  })
}

function inOpenPart(marker: string, part: 'properties' | 'context', document: JsonText): Input {
  const { text, faults } = document
  const namesAccount = part === 'context' && /group|\\u/i.test(text)
  return {
    family: `generated JSON in ${part}`,
    name: text.slice(0, 60),
    body: Buffer.from(textOf({ ...soundFields(marker), [part]: text })),
    verdict: faults.size > 0 ? 'refused' : namesAccount ? 'any' : 'accepted',
    rows: [{ ...soundRow(marker), [part]: text }],
  }
}

function inExtra(marker: string, { text, faults }: JsonText): Input {
  return {
    family: 'generated JSON in extra',
    name: text.slice(0, 60),
    body: Buffer.from(textOf({ ...soundFields(marker), unknown: text })),
    verdict: faults.size > 0 ? 'refused' : 'accepted',
    rows: [{ ...soundRow(marker), extra: `{"unknown":${text}}` }],
  }
}
