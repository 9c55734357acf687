import { Agent, request } from 'node:http'

/** An answer of ingest, or null when none came: then nobody knows what became of the request. */
export interface Answer {
  readonly status: number
  readonly body: AnswerBody
  /** Which ingest gave it, where there are several. */
  readonly by?: string
}

interface AnswerBody {
  /** Of this attempt; also said by an answer that asks for the whole request again. */
  readonly accepted?: number
  readonly rejected?: number
  readonly results?: readonly Result[]
}

interface Result {
  readonly index: number
  readonly status: 'accepted' | 'rejected' | 'retry' | 'ignored'
  readonly reason?: { readonly code: string }
  readonly receipt?: { readonly partition: number; readonly offset: string }
}

/** More than ingest ever takes, so that a silence is a fault and not our impatience. */
const ANSWER_TIMEOUT_MS = 10_000

export interface Sender {
  send(body: string): Promise<Answer | null>
  close(): void
}

/** Posts to `/track` and asks for a receipt of every event. */
export function createSender(url: string): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  return {
    close: () => agent.destroy(),
    send: (body) =>
      new Promise((resolve) => {
        const options = {
          method: 'POST',
          agent,
          signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          },
        }
        const sending = request(`${url}/track?receipt=1&results=all`, options, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.once('error', () => resolve(null))
          response.once('end', () =>
            resolve(readAnswer(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'))),
          )
        })
        sending.once('error', () => resolve(null)).end(body)
      }),
  }
}

function readAnswer(status: number, text: string): Answer | null {
  try {
    return { status, body: JSON.parse(text) as AnswerBody } // ingest answers objects only
  } catch {
    return null // cut
  }
}
