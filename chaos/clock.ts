import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const preload = new URL('clock-preload.mjs', import.meta.url).href
const SEEN_WITHIN_MS = 10_000

/** The wall clocks of our services. */
export interface Clocks {
  /** What a program needs to have a clock that can be moved. */
  environment(name: string): Readonly<Record<string, string>>
  /** Adds to its clock from now on, also in its lives to come. @returns whether it was noticed. */
  set(name: string, offsetMs: number): Promise<boolean>
}

export function createClocks(logDir: string): Clocks {
  const fileOf = (name: string): string => join(logDir, `${name}.clock`)
  return {
    environment: (name) => ({
      NODE_OPTIONS: `--import ${fileURLToPath(preload)}`,
      CHAOS_CLOCK_FILE: fileOf(name),
    }),
    set: async (name, offsetMs) => {
      writeFileSync(fileOf(name), String(offsetMs))
      for (let waitedMs = 0; waitedMs < SEEN_WITHIN_MS; waitedMs += 50) {
        if (read(`${fileOf(name)}.seen`) === String(offsetMs)) return true
        await delay(50)
      }
      return false
    },
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
