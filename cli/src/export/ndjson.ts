import { StringDecoder } from 'node:string_decoder'
import type { ExportedColumn } from './sources.ts'

/** What a file of an export holds: bytes, and how many rows so far. */
export interface Encoded {
  readonly bytes: Buffer
  readonly rows: number
}

/**
 * Rows as ClickHouse sends them (JSONCompactEachRow) become NDJSON. Constant memory: a chunk and a row.
 * @throws {Error} when a line is not a whole row: the result was cut
 */
export async function* toNdjson(
  chunks: AsyncIterable<Buffer>,
  columns: readonly ExportedColumn[],
): AsyncGenerator<Encoded, void, void> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop() ?? ''
    if (lines.length === 0) continue
    const text = lines.map((line) => lineOf(line, columns)).join('')
    yield { bytes: Buffer.from(text), rows: lines.length }
  }
  rest += decoder.end()
  if (rest !== '') throw cut(rest)
}

function lineOf(line: string, columns: readonly ExportedColumn[]): string {
  const values = valuesOf(line)
  if (values?.length !== columns.length) throw cut(line)
  const members = columns.flatMap(({ name, kind }, index) => {
    const value = values[index]
    const key = JSON.stringify(name)
    if (value === null || value === undefined) return [`${key}:null`]
    switch (kind) {
      case 'text':
        return [`${key}:${JSON.stringify(value)}`]
      case 'number':
        return [`${key}:${Number(value)}`]
      case 'flag':
        return [`${key}:${value === true || value === 1}`]
      case 'time':
        return [`${key}:"${new Date(Number(value)).toISOString()}"`]
      case 'json':
        return [jsonMember(name, typeof value === 'string' ? value : JSON.stringify(value))]
      default:
        return kind satisfies never
    }
  })
  return `{${members.join(',')}}\n`
}

function valuesOf(line: string): readonly unknown[] | null {
  try {
    const values: unknown = JSON.parse(line)
    return Array.isArray(values) ? values : null
  } catch {
    return null
  }
}

/**
 * JSON text as it is, numbers and order of keys too; between values, and only there, it may hold line ends. Text that is no
 * JSON, which only another producer can have written, goes as a string under another name.
 */
function jsonMember(name: string, text: string): string {
  return isJson(text)
    ? `${JSON.stringify(name)}:${text.replaceAll(/[\r\n]/g, ' ')}`
    : `${JSON.stringify(`${name}_text`)}:${JSON.stringify(text)}`
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function cut(line: string): Error {
  return new Error(
    `the result of ClickHouse ends in the middle, at ${JSON.stringify(line.slice(0, 100))}: run the export again`,
  )
}
