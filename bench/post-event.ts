import { Agent, request } from 'node:http'

/** Longer than any answer of ours takes, whatever Kafka does. */
const ANSWER_LIMIT_MS = 30_000
const agent = new Agent({ keepAlive: true, maxSockets: 256 })

/** POSTs one event to `/track`. @returns the status, or 0 when there was no answer. */
export function postEvent(url: string, event: object): Promise<number> {
  const body = JSON.stringify(event)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS)
    const options = { method: 'POST', agent, headers, signal }
    const sending = request(`${url}/track`, options, (response) => {
      response.resume().once('error', () => resolve(0))
      response.once('end', () => resolve(response.statusCode ?? 0))
    })
    sending.once('error', () => resolve(0)).end(body)
  })
}
