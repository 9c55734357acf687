import { setTimeout as delay } from 'node:timers/promises'
import { readSetupConfig } from '@custom-events/cli'
import { kafkaConfigFrom, readGroupOffsets } from '@custom-events/kafka'
import { SYNC_SECONDS, createAutoscaler } from '../../bench/scale/autoscaler/autoscaler.ts'
import { createLagTrigger } from '../../bench/scale/autoscaler/lag-trigger.ts'
import type { ScalingRule } from '../../bench/scale/autoscaler/scaled-object.ts'
import type { Crew } from './crew.ts'

/** The number of consumers, as it was changed. */
export interface Change {
  /** On the drill's clock. */
  readonly atSeconds: number
  readonly lag: number
  readonly from: number
  readonly to: number
}

export interface Keda extends AsyncDisposable {
  readonly changes: readonly Change[]
  /** The most that was seen. */
  readonly lag: () => number
  /** Kafka did not answer. */
  readonly unanswered: () => number
  /** Resolves when nothing is changed any more. */
}

export interface KedaOptions {
  readonly rule: ScalingRule
  /** So many seconds of the rule are one of the drill. */
  readonly pace: number
  readonly environment: Readonly<Record<string, string>>
  readonly crew: Crew
  readonly say: (line: string) => void
}

/** What KEDA and the HorizontalPodAutoscaler do with the rule, each on its own clock, over a real group of consumers. */
export function startKeda({ rule, pace, environment, crew, say }: KedaOptions): Keda {
  const { config, log } = readSetupConfig({ ...environment, LOG_LEVEL: 'error' })
  const kafka = kafkaConfigFrom(config)
  const [trigger, autoscaler] = [createLagTrigger(rule), createAutoscaler(rule)]
  const changes: Change[] = []
  const stopping = new AbortController()
  let most = 0
  let unanswered = 0
  let polled: number | null = null

  const look = async (): Promise<number | null> => {
    try {
      const offsets = await readGroupOffsets({ kafka, consumerGroup: rule.consumerGroup, topics: [rule.topic], log }) // prettier-ignore
      return trigger.look(offsets)
    } catch {
      unanswered += 1
      return null // whoever asks in vain leaves things as they are
    }
  }
  const startedAt = performance.now()
  const seconds = (): number => ((performance.now() - startedAt) / 1_000) * pace
  const decide = async (): Promise<void> => {
    const lag = rule.answersFromPolls ? polled : await look()
    if (lag === null) return
    most = Math.max(most, lag)
    const from = crew.size
    const to = autoscaler.decide({ atSeconds: seconds(), lag, replicas: from })
    if (to === from) return
    changes.push({ atSeconds: seconds() / pace, lag, from, to })
    say(`lag ${Math.round(lag)}: consumers ${from} → ${to}`)
    crew.scaleTo(to)
  }
  const every = async (period: number, act: () => Promise<void>): Promise<void> => {
    for (let due = 0; !stopping.signal.aborted; due = Math.max(due + period, seconds())) {
      await delay(Math.max(0, (due - seconds()) / pace) * 1_000, null, { signal: stopping.signal }).catch(() => {}) // prettier-ignore
      if (!stopping.signal.aborted) await act()
    }
  }
  const clocks = [
    every(rule.pollSeconds, async () => {
      polled = await look()
    }),
    every(SYNC_SECONDS, decide),
  ]
  return {
    changes,
    lag: () => most,
    unanswered: () => unanswered,
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await Promise.all(clocks)
    },
  }
}
