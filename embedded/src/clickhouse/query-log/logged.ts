import type { Outcome } from '../engine/engine.ts'
import { toServerException } from '../engine/errors.ts'
import type { Exchange, Query } from '../query.ts'
import type { EndedQuery, QueryLog } from './query-log.ts'
import { hiderFor, type Hider } from './secrets.ts'

/** Of a longer text the beginning is kept. */
const MAX_CHARS = { query: 10_000, message: 2_000, comment: 1_000, userAgent: 200 }
/** So much of a statement is searched for passwords; what is behind it is not kept. */
const MAX_SEARCHED_CHARS = 1_000_000

/**
 * Runs a statement and adds it to the log if it selects. One that may read the log finds everything in it that ended before.
 * @throws whatever `run` throws
 */
export async function logged(
  exchange: Exchange,
  { queryLog }: { readonly queryLog: QueryLog },
  query: Query,
  run: () => Promise<Outcome>,
): Promise<Outcome> {
  const kind = kindOf(query)
  if (kind === null) return run()
  if (query.text.includes('query_log')) await queryLog.flush()
  const text = Buffer.from(query.text.slice(0, MAX_SEARCHED_CHARS), 'latin1').toString().trim()
  const hider = hiderFor(text)
  const startedAtMs = Date.now()
  const startedAt = performance.now()
  const add = (outcome: Outcome | null, exception: EndedQuery['exception']): void =>
    queryLog.add({
      ...about(exchange, query, hider),
      query: hider.statement(text.slice(0, MAX_CHARS.query)),
      kind,
      user: exchange.login.name,
      startedAtMs,
      durationMs: performance.now() - startedAt,
      resultRows: outcome?.resultRows ?? 0,
      resultBytes: outcome?.resultBytes ?? 0,
      writtenRows: outcome?.rowsWritten ?? 0,
      exception,
    })
  try {
    const outcome = await run()
    add(outcome, null)
    return outcome
  } catch (error) {
    const { code, message } = toServerException(error)
    add(null, { code, message: hider.about(message.slice(0, MAX_CHARS.message)) })
    throw error
  }
}

function kindOf({ statement }: Query): EndedQuery['kind'] | null {
  switch (statement.kind) {
    case 'select':
      return 'Select'
    case 'insert select':
      return 'Insert'
    case 'insert':
    case 'command':
    case 'refused':
      return null
    default:
      return statement satisfies never
  }
}

function about(
  { request, response }: Exchange,
  { parameters }: Query,
  hider: Hider,
): Pick<EndedQuery, 'queryId' | 'database' | 'userAgent' | 'comment'> {
  const comment = parameters.settings.find(([name]) => name === 'log_comment')?.[1] ?? ''
  return {
    queryId: hider.about(String(response.getHeader('X-ClickHouse-Query-Id') ?? '')),
    database: parameters.database ?? 'default',
    userAgent: hider.about((request.headers['user-agent'] ?? '').slice(0, MAX_CHARS.userAgent)),
    comment: hider.about(comment.slice(0, MAX_CHARS.comment)),
  }
}
