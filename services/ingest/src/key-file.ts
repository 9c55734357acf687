import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Logger } from '@custom-events/service'
import { ANYBODY, createKeyFinder, parseWriteKeys, type WriteKey } from './write-keys.ts'

/** Who may send. */
export interface Keys {
  /** `true`: every request is taken, with or without a key. */
  readonly isOff: boolean
  find(presented: string): WriteKey | null
}

/** `AUTH_MODE=off`. */
export const NO_KEYS: Keys = { isOff: true, find: () => ANYBODY }

export const KEY_FILE_CHECK_MS = 2_000

/**
 * The keys of a file, read again when its content changes. A file that became unreadable or wrong is
 * logged once and the old keys stay.
 *
 * @throws {BadKeyFile} or the file system's error when the file cannot be used at start.
 */
export function openKeyFile(options: {
  readonly path: string
  readonly log: Logger
  /** @default 2_000 */
  readonly checkMs?: number
}): Keys & Disposable {
  const { path, log, checkMs = KEY_FILE_CHECK_MS } = options
  let text = readFileSync(path, 'utf8')
  let find = createKeyFinder(parseWriteKeys(text))

  // Content rather than a watch: a secret mounted by Kubernetes is replaced by a symbolic link.
  const check = async (): Promise<void> => {
    const before = text
    try {
      text = await readFile(path, 'utf8')
      if (text === before) return
      const keys = parseWriteKeys(text)
      find = createKeyFinder(keys)
      lastRefusal = null
      log.info({ keys: keys.length }, 'write keys read again')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (reason !== lastRefusal)
        log.error({ path, reason }, 'write keys refused: the old ones stay')
      lastRefusal = reason
    }
  }
  let lastRefusal: string | null = null
  const timer = setInterval(() => void check(), checkMs).unref()

  return {
    isOff: false,
    find: (presented) => find(presented),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
