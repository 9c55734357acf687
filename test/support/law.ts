/** An answer as far as the law of answers looks at it. */
export interface LawfulAnswer {
  readonly method: string
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
}

/**
 * How an answer breaks the law that SDKs rest on: success is 200 and an object that says so; failure is
 * 4xx or 5xx and an object with `code`, `message` and `error`; never another 2xx, never a redirect. A
 * batch kept in part is 200 too, because an SDK would send all of it again otherwise.
 */
export function faultsOfLaw({ method, status, headers, text }: LawfulAnswer): readonly string[] {
  if (method === 'OPTIONS' && status === 204) return text === '' ? [] : ['204 with a body']
  if (status !== 200 && status < 400) return ['neither success nor failure']
  const body = objectIn(text)
  if (body === null) return [`not a JSON object: ${text.slice(0, 200)}`]
  return [
    ...(status === 200 ? faultsOfSuccess(headers, body) : faultsOfFailure(headers, body)),
    ...faultsOfWaiting(status, headers),
  ]
}

type Body = Readonly<Record<string, unknown>>
type Headers = LawfulAnswer['headers']

function faultsOfSuccess(headers: Headers, body: Body): readonly string[] {
  const faults: string[] = []
  if (headers['content-type'] !== 'application/json') faults.push('content type')
  const isKept = body['success'] === true
  const isKeptInPart = body['success'] === false && body['code'] === 'partial_rejection'
  if (!isKept && !isKeptInPart) faults.push(`success is ${String(body['success'])}`)
  if (body['error']) faults.push('a truthy error')
  return faults
}

function faultsOfFailure(headers: Headers, body: Body): readonly string[] {
  const faults = ['code', 'message', 'error']
    .filter((name) => typeof body[name] !== 'string' || body[name] === '')
    .map((name) => `${name} is no text`)
  if (headers['content-type'] !== 'application/problem+json') faults.push('content type')
  if (body['success'] !== false) faults.push(`success is ${String(body['success'])}`)
  return faults
}

/** SDKs read whole seconds only. */
function faultsOfWaiting(status: number, headers: Headers): readonly string[] {
  const { 'retry-after': retryAfter } = headers
  const mustWait = status === 429 || status === 503
  if (!mustWait) return []
  return /^[1-9]\d*$/.test(String(retryAfter)) ? [] : [`Retry-After is ${String(retryAfter)}`]
}

function objectIn(text: string): Body | null {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Body) : null // an object has string keys
  } catch {
    return null
  }
}
