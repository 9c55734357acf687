import type { RequestCode } from '@custom-events/event'
import type { Logger } from '@custom-events/runtime'
import type { IngestMetrics } from './metrics.ts'
import { UNAUTHORIZED, MALFORMED } from './response/refused-codes.ts'

/** Counts requests that were refused for what they are, and says in the log now and then whose they were. */
export interface RefusedLog extends Disposable {
  /** @param keyName of the write key, when it is known. @param address of the client, when it is not. */
  add(code: RequestCode, keyName: string | null, address: string | undefined): void
}

const EVERY_MS = 10_000
/** Different senders and codes that are told of at a time; the rest is a number. */
const MAX_KINDS = 20

/** One line in ten seconds at most: by whom, how often, why. Neither keys nor bodies, no whole addresses. */
export function createRefusedLog({
  metrics,
  log,
  everyMs = EVERY_MS,
}: {
  readonly metrics: Pick<IngestMetrics, 'unauthorized' | 'malformed'>
  readonly log: Logger
  readonly everyMs?: number
}): RefusedLog {
  const countByKind = new Map<string, { code: RequestCode; from: string; count: number }>()
  let others = 0
  let timer: NodeJS.Timeout | null = null

  const tell = (): void => {
    timer = null
    const refused = [...countByKind.values()]
    countByKind.clear()
    log.warn(
      { refused, ...(others > 0 ? { others } : {}) },
      'requests were refused for what they are',
    )
    others = 0
  }

  return {
    add: (code, keyName, address) => {
      if (isOneOf(UNAUTHORIZED, code)) metrics.unauthorized.inc({ code })
      else if (isOneOf(MALFORMED, code)) metrics.malformed.inc({ code })
      else return
      const from = keyName === null ? prefixOf(address) : `key ${keyName}`
      const kind = `${code} ${from}`
      const known = countByKind.get(kind)
      if (known !== undefined) known.count += 1
      else if (countByKind.size < MAX_KINDS) countByKind.set(kind, { code, from, count: 1 })
      else others += 1
      timer ??= setTimeout(tell, everyMs).unref()
    },
    [Symbol.dispose]: () => {
      if (timer === null) return
      clearTimeout(timer)
      tell()
    },
  }
}

function isOneOf(codes: readonly RequestCode[], code: RequestCode): boolean {
  return codes.includes(code)
}

/** The network that an address belongs to: enough to find a sender, not to know a person. */
export function prefixOf(address: string | undefined): string {
  if (address === undefined || address === '') return 'unknown'
  const ipv4 = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.\d+$/i.exec(address)
  if (ipv4 !== null) return `${ipv4[1]}.${ipv4[2]}.${ipv4[3]}.0/24`
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros =
    tail === undefined ? [] : Array.from({ length: 8 - groups.length - rest.length }, () => '0')
  const first = [...groups, ...zeros, ...rest].slice(0, 3)
  return `${first.join(':')}::/48`
}
