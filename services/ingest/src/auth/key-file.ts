import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Logger } from '@custom-events/runtime'
import type { IngestMetrics } from '../metrics.ts'
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
 * The keys of a file, read again when its content changes. While it is gone, unreadable or wrong the keys from
 * before stay: that is logged once, and is a metric.
 *
 * @throws {BadKeyFile} or the file system's error when the file cannot be used at start.
 */
export function openKeyFile(options: {
  readonly path: string
  readonly log: Logger
  readonly metrics: Pick<IngestMetrics, 'writeKeysLoaded' | 'writeKeysRefused'>
  /** @default 2_000 */
  readonly checkMs?: number
}): Keys & Disposable {
  const { path, log, metrics, checkMs = KEY_FILE_CHECK_MS } = options
  let text = readFileSync(path, 'utf8')
  let keys = parseWriteKeys(text)
  let find = createKeyFinder(keys)
  let refusal: string | null = null
  metrics.writeKeysLoaded.set(keys.length)

  const tell = (reason: string | null): void => {
    metrics.writeKeysLoaded.set(keys.length)
    metrics.writeKeysRefused.set(reason === null ? 0 : 1)
    if (reason !== null && reason !== refusal) {
      log.error({ path, reason }, 'write keys refused: the old ones stay')
    }
    if (reason === null && refusal !== null) log.info({ path }, 'the key file is sound again')
    refusal = reason
  }
  // Content rather than a watch: a secret mounted by Kubernetes is replaced by a symbolic link.
  let isChecking = false
  const check = async (): Promise<void> => {
    if (isChecking) return // one at a time: an older read must not overwrite a newer one
    isChecking = true
    try {
      const read = await readFile(path, 'utf8')
      if (read !== text) {
        keys = parseWriteKeys(read)
        find = createKeyFinder(keys)
        text = read
        log.info({ keys: keys.length }, 'write keys read again')
      }
      tell(null)
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error))
    }
    isChecking = false
  }
  const timer = setInterval(() => void check(), checkMs).unref()

  return {
    isOff: false,
    find: (presented) => find(presented),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
