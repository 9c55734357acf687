import { createBalancer } from './balancer.ts'
import type { Ledger } from './ledger.ts'
import type { Answer, Sender } from './send.ts'
import type { KnownAnswer } from './telemetry.ts'
import { startWorkload, type Workload } from './workload.ts'
import type { World } from './world.ts'

/** What was told to those who sent. */
export interface Loaded {
  readonly answers: readonly KnownAnswer[]
  readonly unanswered: readonly number[]
  readonly requests: Workload['requests']
  readonly maxBehindMs: number
}

/** Sent after everything is healed: the pipeline takes events again, and its last life has counted some. */
const TAIL = { events: 300, overMs: 2_000 }

/** Sends while a storm rages, a little for as long as it does, and a tail when everything is healed. */
export async function underLoad(options: {
  readonly world: World
  readonly ledger: Ledger
  readonly events: number
  readonly sendMs: number
  readonly trickleEventsPerSecond?: number
  /** Gives up then. */
  readonly patience: AbortSignal
  readonly storm: (workload: Workload) => Promise<void>
}): Promise<Loaded> {
  const { world, patience } = options
  const answers: KnownAnswer[] = []
  const unanswered: number[] = []
  const state = { isStorming: true }
  const sender = noting(createBalancer(world.ingestUrls), answers, unanswered)
  const workload = startWorkload({
    ...options,
    sender,
    isStorming: () => state.isStorming,
    signal: patience,
  })
  try {
    const storm = options.storm(workload).finally(() => (state.isStorming = false))
    await Promise.all([workload.done, storm])
    await workload.sendMore(TAIL.events, TAIL.overMs)
  } finally {
    sender.close()
  }
  const { requests, maxBehindMs } = workload
  return { answers, unanswered, requests, maxBehindMs }
}

/** Keeps what every attempt was told: the counters count attempts, also those that are to be repeated. */
function noting(sender: Sender, answers: KnownAnswer[], unanswered: number[]): Sender {
  return {
    close: () => sender.close(),
    send: async (body): Promise<Answer | null> => {
      const answer = await sender.send(body)
      const atMs = Date.now()
      if (answer === null) unanswered.push(atMs)
      else {
        const { accepted = 0, rejected = 0 } = answer.body
        answers.push({ atMs, accepted, rejected, by: answer.by })
      }
      return answer
    },
  }
}
