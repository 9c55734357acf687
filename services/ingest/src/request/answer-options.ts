import type { IncomingMessage } from 'node:http'
import type { Audience } from '@custom-events/event'
import type { AnswerOptions } from '../response/answers.ts'
import { isOn, queryOf } from '../http/query.ts'

const SHOWN = ['all', 'errors', 'none'] as const

/** How the client wants to be told: `?results=all|errors|none`, `?receipt=1`. SDKs read errors only. */
export function answerOptionsFrom(
  request: IncomingMessage,
  requestId: string,
  audience: Audience,
): AnswerOptions {
  const preset = audience === 'sdk' ? 'errors' : null
  const query = queryOf(request)
  if (query === null) return { requestId, shownResults: preset, hasReceipts: false }
  return {
    requestId,
    shownResults: SHOWN.find((known) => known === query.get('results')) ?? preset,
    hasReceipts: isOn(query, 'receipt'),
  }
}

/** `?strict=1` or `Prefer: handling=strict` (RFC 7240): one rejected event refuses all. */
export function isStrict(request: IncomingMessage): boolean {
  const preferences = request.headers['prefer']
  const isPreferred = preferences !== undefined && STRICT.test(String(preferences))
  return isPreferred || isOn(queryOf(request), 'strict')
}

const STRICT = /(?:^|[,;\s])handling\s?=\s?(?:strict|"strict")(?:$|[,;\s])/i
