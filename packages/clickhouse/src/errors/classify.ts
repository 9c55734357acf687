import { CODE_GROUPS } from './error-codes.ts'
import type { CodeGroup } from './code-group.ts'
import { FEW_ATTEMPTS } from './passing-codes.ts'
import type { ErrorClass, Adjustment, Verdict, Reason } from './verdict.ts'

/** A failed request, stripped of everything that must not decide. */
export interface Failure {
  /** ClickHouse's exception code. */
  readonly code: number | null
  /** HTTP status; `null` when no answer came. */
  readonly status: number | null
  /** Node's error code of the connection, such as `ECONNREFUSED`; `TIMEOUT` for our own limit. */
  readonly network: string | null
  /** Looked at for code 252 only, the one code with two meanings. */
  readonly message: string
}

/** Connection errors that come before any byte of the request has left: the rows are not there. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  // A certificate was not taken, ours or theirs, by this side.
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_TLS_FILE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** Said by balancers and gateways when the server behind them is busy or away. */
const GATEWAY_STATUS = new Set([429, 502, 503, 504])

const GROUP_BY_CODE: ReadonlyMap<number, CodeGroup> = new Map(
  CODE_GROUPS.flatMap((group) =>
    Object.keys(group.nameByCode).map((code) => [Number(code), group] as const),
  ),
)

/** Decides by code, never by text, but for 252. Total: an unknown failure is retried, then halts; never `data`. */
export function classify(failure: Failure): Verdict {
  if (failure.code !== null) return classifyCode(failure.code, failure.message)
  if (failure.network !== null) return classifyNetwork(failure.network)
  if (failure.status !== null) return classifyStatus(failure.status)
  return verdict('retry', 'unknown', { maxAttempts: FEW_ATTEMPTS })
}

function classifyCode(code: number, message: string): Verdict {
  // The same code as of too many parts, but of one block that spans too many months, which no waiting cures.
  if (code === 252 && /too many partitions for single insert block/i.test(message)) {
    const adjustment = 'smallerBatch'
    return verdict('retry', 'too_many_partitions', { adjustment, maxAttempts: FEW_ATTEMPTS })
  }
  const group = GROUP_BY_CODE.get(code)
  if (group === undefined) return verdict('retry', 'unknown', { maxAttempts: FEW_ATTEMPTS })
  const { maxAttempts, adjustment } = group
  return { class: group.class, reason: group.reason, maxAttempts, adjustment }
}

function classifyNetwork(network: string): Verdict {
  if (NEVER_SENT.has(network)) return verdict('retry', 'unreachable')
  return verdict('inDoubt', network === 'TIMEOUT' ? 'timeout' : 'cut_answer')
}

/** An answer without ClickHouse's code was made by something in between, or is no answer to an insert. */
function classifyStatus(status: number): Verdict {
  if (GATEWAY_STATUS.has(status)) return verdict('retry', 'overloaded')
  if (status >= 500 || status < 300) return verdict('inDoubt', 'cut_answer')
  if (status === 401 || status === 403) return verdict('halt', 'rights')
  return verdict('retry', 'not_accepted', { maxAttempts: FEW_ATTEMPTS })
}

function verdict(
  errorClass: ErrorClass,
  reason: Reason,
  more: { readonly adjustment?: Adjustment; readonly maxAttempts?: number } = {},
): Verdict {
  return {
    class: errorClass,
    reason,
    adjustment: more.adjustment ?? 'none',
    maxAttempts: more.maxAttempts ?? null,
  }
}
