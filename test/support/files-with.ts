import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as soon } from 'node:timers/promises'

const WALKS = 50

/**
 * Paths of the files below a folder that hold these bytes.
 *
 * A merge of ClickHouse takes parts away while we look, and what they held may have moved to where
 * we have already been. So a walk on which anything vanished is no answer: it is begun again.
 */
export async function filesWith(
  folder: string,
  bytes: Buffer | string,
): Promise<readonly string[]> {
  for (let walk = 1; ; walk += 1) {
    try {
      return [...filesBelow(folder)].filter((path) => readFileSync(path).includes(bytes))
    } catch (error) {
      if (!hasVanished(error) || walk === WALKS) throw error
      await soon()
    }
  }
}

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path)
    else if (entry.isFile()) yield path
  }
}

function hasVanished(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
