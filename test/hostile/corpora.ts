import { readFileSync } from 'node:fs'

/** One file of JSONTestSuite: `y_` must be read, `n_` must be refused, others may be either. */
export interface JsonFile {
  readonly name: string
  readonly bytes: Buffer
}

type Stored = { readonly name: string } & (
  | { readonly text: string }
  | { readonly base64: string }
  | { readonly repeat: readonly [string, number]; readonly then?: string }
)

/** All 340 files of https://github.com/nst/JSONTestSuite, byte for byte. */
export function jsonTestSuite(): readonly JsonFile[] {
  const files = read('json-test-suite.json') as readonly Stored[] // the fixture is ours
  return files.map((file) => {
    return { name: file.name, bytes: bytesOf(file) }
  })
}

/** https://github.com/minimaxir/big-list-of-naughty-strings */
export function naughtyStrings(): readonly string[] {
  return read('naughty-strings.json') as readonly string[] // the fixture is ours
}

function bytesOf(file: Stored): Buffer {
  if ('text' in file) return Buffer.from(file.text)
  if ('base64' in file) return Buffer.from(file.base64, 'base64')
  const [text, count] = file.repeat
  return Buffer.from(text.repeat(count) + (file.then ?? ''))
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8'))
}
