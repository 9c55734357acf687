import type { Audience } from '@custom-events/event'
import type { AnswerOptions } from '../response/answers.ts'
import type { IngestRequest } from '../http/messages.ts'
import { isOn } from '../http/url.ts'

const SHOWN = ['all', 'errors', 'none'] as const

/** How the client wants to be told: `?results=all|errors|none`, `?receipt=1`. SDKs read errors only. */
export function answerOptionsFrom(
  { parameters }: IngestRequest,
  requestId: string,
  audience: Audience,
): AnswerOptions {
  const preset = audience === 'sdk' ? 'errors' : null
  if (parameters === null) return { requestId, shownResults: preset, hasReceipts: false }
  return {
    requestId,
    shownResults: SHOWN.find((known) => known === parameters.get('results')) ?? preset,
    hasReceipts: isOn(parameters, 'receipt'),
  }
}

/** `?strict=1` or `Prefer: handling=strict` (RFC 7240): one rejected event refuses all. */
export function isStrict({ headers, parameters }: IngestRequest): boolean {
  const preferences = headers['prefer']
  const isPreferred = preferences !== undefined && STRICT.test(String(preferences))
  return isPreferred || isOn(parameters, 'strict')
}

const STRICT = /(?:^|[,;\s])handling\s?=\s?(?:strict|"strict")(?:$|[,;\s])/i
