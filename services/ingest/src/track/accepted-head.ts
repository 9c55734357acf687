import { allAcceptedHeaders } from './all-accepted.ts'
import type { IngestResponse } from '../http/messages.ts'
import { endWith, sendBody } from '../http/send.ts'

/** Writes the answer of a request of which all was accepted; `sendBody` says the same. */
export type SendAccepted = (
  response: IngestResponse,
  answer: AcceptedAnswer,
  isDraining: boolean,
) => void

interface AcceptedAnswer {
  readonly text: string
  readonly accepted: number
  /** Of rate limits. */
  readonly headers: Readonly<Record<string, string>>
}

export function createSendAccepted(heads: AcceptedHeads = createAcceptedHeads()): SendAccepted {
  return (response, { text, accepted, headers }, isDraining) => {
    if (response.headersSent || response.destroyed) return
    const isUsual = !isDraining && hasUsualHead(response) && Object.keys(headers).length === 0
    const bytes = Buffer.byteLength(text)
    const { requestId } = response
    const head = isUsual ? heads.make({ requestId, accepted, bytes }) : null
    if (head !== null) {
      response.headText = head
      return endWith(response, text, bytes)
    }
    const all = { ...allAcceptedHeaders(accepted), ...headers }
    sendBody(response, { status: 200, headers: all, body: text }, isDraining)
    if (isUsual && response.headText !== null) heads.learn(response.headText)
  }
}

/** Whether the head says nothing of its own client or connection. */
function hasUsualHead(response: IngestResponse): boolean {
  const { req: request } = response
  return response.allowedOrigin === null && response.shouldKeepAlive && request.complete
}

/** What the heads of two usual answers of the same second differ in. */
interface HeadParts {
  readonly requestId: string
  readonly accepted: number
  readonly bytes: number
}

/** A head that Node has written, cut where it differs from the others of its second. */
type CutHead = readonly [start: string, accepted: string, length: string, end: string]

/**
 * Node checks and puts together a dozen headers for each answer, although those of usual answers differ
 * only in an id and two numbers. So the first of each second (the head has the time) is left to Node, and
 * the others are made from it.
 */
export interface AcceptedHeads {
  /** `null`: this one is Node's. */
  make(parts: HeadParts): string | null
  /** Takes the head that Node has made. */
  learn(head: string): void
}

/** @param clock milliseconds since the epoch. */
export function createAcceptedHeads(clock: () => number = Date.now): AcceptedHeads {
  let cut: CutHead | null = null
  let second = 0
  return {
    make: ({ requestId, accepted, bytes }) => {
      const now = Math.floor(clock() / 1_000)
      if (now !== second) cut = null
      second = now
      if (cut === null) return null
      return `${cut[0]}${requestId}${cut[1]}${accepted}${cut[2]}${bytes}${cut[3]}`
    },
    learn: (head) => {
      const [, start, accepted, length, end] = CUTS.exec(head) ?? []
      const isWhole = start !== undefined && accepted !== undefined && length !== undefined
      if (isWhole && end !== undefined) cut = [start, accepted, length, end]
    },
  }
}

const CUTS =
  /^([^]*\r\nX-Request-Id: )[^\r]*([^]*\r\nX-Track-Accepted: )[^\r]*([^]*\r\nContent-Length: )[^\r]*([^]*)$/
