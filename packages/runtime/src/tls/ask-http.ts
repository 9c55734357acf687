import { request as askPlain, type IncomingMessage } from 'node:http'
import { request as askTls, type Agent } from 'node:https'

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

/** A schema may be long; nothing that is asked has a reason to be longer. */
const MAX_ANSWER_BYTES = 8 * 1_048_576

/**
 * One request, for where Node's `fetch` does not do: it takes no certificates.
 *
 * @param options.agent for an address by https; of `createTlsAgent`.
 * @throws what Node says when nobody answers, or not within the limit, or more than 8 MiB.
 */
export function askHttp(
  url: string,
  options: {
    readonly method?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
    readonly agent: Agent
    readonly timeoutMs: number
  },
): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, body, agent, timeoutMs } = options
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const common = { method, headers: { ...headers, ...lengthOf(body) } }
  const take = (response: IncomingMessage): void => {
    readText(response).then((text) => {
      resolve({ status: response.statusCode ?? 0, body: text })
    }, reject)
  }
  const request = url.startsWith('https:')
    ? askTls(url, { ...common, agent }, take)
    : askPlain(url, { ...common, agent: false }, take)
  const overdue = setTimeout(() => {
    request.destroy(new Error(`no answer within ${timeoutMs} ms`))
  }, timeoutMs)
  request.on('error', reject)
  request.on('close', () => clearTimeout(overdue))
  request.end(body)
  return promise
}

function lengthOf(body: string | undefined): Readonly<Record<string, string>> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    const part = Buffer.from(chunk)
    bytes += part.length
    if (bytes > MAX_ANSWER_BYTES)
      throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(part)
  }
  return Buffer.concat(chunks).toString('utf8')
}
