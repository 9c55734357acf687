import { readFileSync } from 'node:fs'

/** Files that secrets were read from, by the name of the variable without `_FILE`. */
export type SecretFiles = Readonly<Record<string, string>>

/** The content of a file of a secret, without the line's end that editors add. */
export function readSecret(path: string): string {
  return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
}

/**
 * A secret as it is now: from its file, read again, where it came from one. While the file cannot be read, such as in the
 * moment in which it is replaced, what was read last.
 */
export function secretSource(value: string, path: string | undefined): () => string {
  if (path === undefined) return () => value
  let last = value
  return () => {
    try {
      last = readSecret(path)
    } catch {
      // The moment passes, or the next look at a server says what is wrong.
    }
    return last
  }
}
