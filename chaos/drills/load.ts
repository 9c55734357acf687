import { setTimeout as delay } from 'node:timers/promises'
import { p99 } from './figures.ts'
import type { Bodies } from './bodies.ts'
import type { Connections, Reply } from './connections.ts'

/** One request and what became of it. */
export interface Sample extends Omit<Reply, 'body'> {
  readonly request: number
  readonly groupId: string
  /** Of a refusal; else empty. */
  readonly code: string
  /** On the clock of `performance.now()`. */
  readonly sentAtMs: number
}

/** Requests by number: every one that was sent, and which of them were accepted whole. */
export interface Load {
  /**
   * Requests at a fixed rate whatever becomes of the answers (an open loop), until the time is over
   * or the signal is aborted; resolves when the last answer is there.
   */
  offer(options: {
    readonly requestsPerSecond: number
    readonly seconds: number
    readonly groupId: (request: number) => string
    /** What was refused is sent again, the same bytes, before anything new and at once. @default false */
    readonly isRepeated?: boolean
    readonly signal?: AbortSignal
  }): Promise<Offered>
  /** Each of so many clients sends its next request after the answer (a closed loop). */
  saturate(clients: number, seconds: number): Promise<Offered>
  readonly accepted: ReadonlySet<number>
  readonly eventsPerRequest: number
}

export interface Offered {
  readonly samples: readonly Sample[]
  /** Not sent: every connection was busy. */
  readonly withheld: number
  readonly seconds: number
  /** How late the generator itself was, in milliseconds. */
  readonly behindP99Ms: number
}

const PATH = '/track?results=none'
const REFUSED: readonly number[] = [429, 503]
/** When it is late, so that answers are read in between. */
const MAX_BURST_MS = 5

/** A request as it is sent, once or again. */
interface Prepared {
  readonly request: number
  readonly groupId: string
  readonly body: Buffer
}

export function createLoad(connections: Connections, bodies: Bodies): Load {
  const accepted = new Set<number>()
  let requests = 0

  const prepare = (groupId: string): Prepared => {
    const request = requests
    requests += 1
    return { request, groupId, body: bodies.make(request, groupId) }
  }
  /** @returns null when every connection is busy. */
  const send = (prepared: Prepared, samples: Sample[]): Promise<number> | null => {
    const { request, groupId } = prepared
    const sentAtMs = performance.now()
    const replying = connections.post(PATH, prepared.body, bodies.encoding)
    if (replying === null) return null
    return replying.then(({ body, ...reply }) => {
      if (isAccepted(reply.status, body, bodies.eventsPerRequest)) accepted.add(request)
      const code = /"code":"(\w+)"/.exec(body)?.[1] ?? ''
      samples.push({ ...reply, code, request, groupId, sentAtMs })
      return reply.status
    })
  }

  return {
    accepted,
    eventsPerRequest: bodies.eventsPerRequest,
    offer: async ({ requestsPerSecond, seconds, groupId, isRepeated = false, signal }) => {
      const samples: Sample[] = []
      const open = new Set<Promise<void>>()
      const waiting: Prepared[] = []
      const behind: number[] = []
      const startedAt = performance.now()
      const total = Math.round(requestsPerSecond * seconds)
      let withheld = 0
      const isOver = (): boolean => signal?.aborted === true
      for (let n = 0; n < total && !isOver();) {
        const elapsedMs = performance.now() - startedAt
        const due = Math.min(total, Math.floor((elapsedMs / 1_000) * requestsPerSecond))
        if (n < due) behind.push(elapsedMs - (n / requestsPerSecond) * 1_000)
        const sinceMs = performance.now()
        for (; n < due && performance.now() < sinceMs + MAX_BURST_MS; n++) {
          const prepared = waiting.shift() ?? prepare(groupId(n))
          const replying = send(prepared, samples)
          if (replying === null) {
            withheld += 1
            waiting.push(prepared)
            continue
          }
          const settled = replying.then((status) => {
            if (isRepeated && REFUSED.includes(status)) waiting.push(prepared)
            open.delete(settled)
          })
          open.add(settled)
        }
        await delay(1)
      }
      const tookMs = performance.now() - startedAt
      await Promise.all(open)
      return { samples, withheld, seconds: tookMs / 1_000, behindP99Ms: p99(behind) }
    },
    saturate: async (clients, seconds) => {
      const samples: Sample[] = []
      const startedAt = performance.now()
      const until = startedAt + seconds * 1_000
      const client = async (number: number): Promise<void> => {
        while (performance.now() < until) {
          const prepared = prepare(`account_${(number * 7 + samples.length) % 500}`)
          await (send(prepared, samples) ?? delay(1))
        }
      }
      await Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
      const tookMs = performance.now() - startedAt
      return { samples, withheld: 0, seconds: tookMs / 1_000, behindP99Ms: 0 }
    },
  }
}

/** 200 is also the answer to a request of which some events were rejected; here none may be. */
function isAccepted(status: number, body: string, events: number): boolean {
  if (status !== 200) return false
  if (body.includes(`"accepted":${events},`)) return true
  throw new Error(`a request of ${events} sound events was answered: ${body.slice(0, 300)}`)
}

/** Times of the accepted ones, in milliseconds. */
export function acceptedMs(samples: readonly Sample[]): number[] {
  return samples.flatMap(({ status, ms }) => (status === 200 ? [ms] : []))
}

/** How many were answered so. */
export function countStatus(samples: readonly Sample[], ...statuses: readonly number[]): number {
  return samples.filter(({ status }) => statuses.includes(status)).length
}
