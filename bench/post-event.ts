import { Agent, request } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: 256 })

/** POSTs one event to `/track`. @returns the status, or 0 when there was no answer. */
export function postEvent(url: string, event: object): Promise<number> {
  const body = JSON.stringify(event)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve) => {
    const sending = request(`${url}/track`, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
    sending.once('error', () => resolve(0)).end(body)
  })
}
