import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Lines } from './fork.ts'

const repository = fileURLToPath(new URL('../../', import.meta.url))

/** @throws when a text that a row names is not in exactly one line of its file. */
export function countLines(parts: readonly Lines[]): number {
  return parts.reduce((sum, part) => sum + linesOf(part), 0)
}

function linesOf({ file, from, until }: Lines): number {
  const lines = readFileSync(repository + file, 'utf8')
    .trimEnd()
    .split('\n')
  const start = from === undefined ? 0 : lineWith(lines, { file, text: from })
  const end = until === undefined ? lines.length : lineWith(lines, { file, text: until })
  if (end <= start) throw new Error(`${file}: ${until} does not come after ${from}`)
  return end - start
}

function lineWith(
  lines: readonly string[],
  { file, text }: { readonly file: string; readonly text: string },
): number {
  const found = lines.flatMap((line, index) => (line.includes(text) ? [index] : []))
  const [only] = found
  if (only === undefined || found.length > 1) {
    throw new Error(`${file}: ${found.length} lines hold ${JSON.stringify(text)}, not one`)
  }
  return only
}
