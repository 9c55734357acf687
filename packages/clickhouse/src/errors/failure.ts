import { ClickHouseError } from '@clickhouse/client'
import { tlsRemedy } from '@custom-events/runtime'
import type { Failure } from './classify.ts'
import type { Verdict } from './verdict.ts'

/** One of several ClickHouses. */
export interface NamedServer {
  /** For a person, `shard 2 of 2`. */
  readonly name: string
  readonly url: string
}

/** A request that ClickHouse did not answer with success. */
export class ClickHouseFailure extends Error {
  readonly failure: Failure
  readonly #doing: string
  #server: NamedServer | null = null

  constructor(doing: string, failure: Failure, cause?: unknown) {
    const said = failure.message.trim().slice(0, MAX_MESSAGE_CHARS)
    const remedy = REMEDIES.get(failure.code) ?? tlsRemedy(failure.network ?? '', 'CLICKHOUSE')
    super(
      `${doing}: ${said === '' ? `HTTP ${failure.status}` : said}${remedy === null ? '' : ` (${remedy})`}`,
      { cause },
    )
    this.name = 'ClickHouseFailure'
    this.failure = failure
    this.#doing = doing
  }

  /** Which of several ClickHouses it was; `null`: there is only one. */
  get server(): NamedServer | null {
    return this.#server
  }

  /** The same, saying which of several it was. */
  of(server: NamedServer): ClickHouseFailure {
    const told = new ClickHouseFailure(`${server.name}: ${this.#doing}`, this.failure, this.cause)
    told.#server = server
    return told
  }
}

/** The code of a right that is missing. */
export const ACCESS_DENIED = 497

/** Of what nobody finds out from the message alone. */
const REMEDIES: ReadonlyMap<number | null, string> = new Map([
  [60, 'run `npm run setup` with the same settings if it is a table of custom-events'],
  [81, 'run `npm run setup` with the same settings: it makes the database and its tables'],
])

/** Server messages can quote whole rows; they are cut here and never parsed. */
const MAX_MESSAGE_CHARS = 500

/**
 * Whether it is known how a failed insert ended: ClickHouse says itself that it failed, or it never left. What
 * it had done by then may be there all the same.
 */
export function isDefinite({ code, network }: Failure, verdict: Pick<Verdict, 'class'>): boolean {
  if (verdict.class === 'inDoubt') return false
  return code !== null || network !== null
}

/** `X-ClickHouse-Exception-Code`, else the code in the text that ClickHouse's own errors begin with. */
export function failureFromAnswer(answer: {
  readonly status: number
  readonly exceptionCode: string | undefined
  readonly body: string
}): Failure {
  const code = answer.exceptionCode ?? /^Code: (\d+)\. DB::/.exec(answer.body)?.[1]
  return {
    code: code === undefined || !/^\d+$/.test(code) ? null : Number(code),
    status: answer.status,
    network: null,
    message: answer.body,
  }
}

/** From whatever the client threw. */
export function failureFromError(error: unknown): Failure {
  if (error instanceof ClickHouseFailure) return error.failure
  if (error instanceof ClickHouseError) {
    return { code: Number(error.code), status: null, network: null, message: error.message }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { code: null, status: null, network: networkCode(error, message), message }
}

/** The client's own time limit has no code, only this fixed text. */
function networkCode(error: unknown, message: string): string {
  if (message === 'Timeout error.') return 'TIMEOUT'
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : 'UNKNOWN'
}
