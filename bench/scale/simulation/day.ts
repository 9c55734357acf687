import { createRandom } from '../../../chaos/random.ts'
import { SYNC_SECONDS, createAutoscaler } from '../autoscaler/autoscaler.ts'
import { createLagTrigger } from '../autoscaler/lag-trigger.ts'
import type { ScalingRule } from '../autoscaler/scaled-object.ts'
import { emptyFlow, flowOn, secondsToLoss, type Flow, type Second } from './flow.ts'
import { isOn, traffic, type Scenario } from './scenario.ts'

export const DAY_SECONDS = 86_400

/** How things stood at the end of a second. */
export interface Moment {
  readonly second: number
  readonly made: number
  readonly lag: number
  readonly replicas: number
  readonly refused: number
  readonly secondsToLoss: number
}

export interface Day {
  readonly moments: readonly Moment[]
  readonly flow: Flow
  /** Each time the number of consumers was changed. */
  readonly changes: readonly { readonly second: number; readonly by: number }[]
}

/** @param scaling the rule that says how many consumers there are, or their number. */
export function simulateDay(scenario: Scenario, scaling: ScalingRule | number): Day {
  const madeIn = traffic(scenario)
  const group = createGroup(scenario, typeof scaling === 'number' ? scaling : scaling.minReplicas)
  const scale = typeof scaling === 'number' ? () => {} : createScaling(scenario, scaling, group)
  const flow = emptyFlow()
  const moments: Moment[] = []
  for (let second = 0; second < DAY_SECONDS; second++) {
    const now: Second = {
      second,
      made: madeIn(second),
      takes: takesIn(scenario, second),
      holds: scenario.holdsSeconds * madeIn(second),
      inserts: isOn(scenario, 'ClickHouse away', second)
        ? 0
        : Math.min(group.rows(second), scenario.clickhouseRows),
      retentionSeconds: scenario.retentionSeconds,
    }
    const before = flow.inserted
    flowOn(flow, now)
    const { lag } = flow
    scale(second, { made: now.made, lag, isMoving: flow.inserted > before })
    moments.push({
      second,
      made: now.made,
      lag,
      replicas: group.replicas(),
      refused: flow.refused,
      secondsToLoss: secondsToLoss(flow, now),
    })
  }
  return { moments, flow, changes: group.changes }
}

/** Without a leader the partitions of a broker take nothing; soon what waits for them leaves no room for the others. */
function takesIn(scenario: Scenario, second: number): number {
  return isOn(scenario, 'broker lost', second) ? 0 : scenario.takes
}

/** Consumers, and the pauses that a change of their number costs them. */
function createGroup(scenario: Scenario, replicasAtFirst: number) {
  const { consumerRows, partitions, faults, rebalanceSeconds } = scenario
  const random = createRandom(scenario.seed, 'rebalances')
  const changes: { readonly second: number; readonly by: number }[] = []
  let replicas = replicasAtFirst
  let stopped = { until: 0, share: 0 }
  /** What moves to others is not read meanwhile; who keeps their partitions reads on (docs/decisions/0054-takeover.md). */
  const rebalance = (second: number, movedShare: number): void => {
    const { least, most } = rebalanceSeconds
    const share = second < stopped.until ? stopped.share + movedShare : movedShare
    const until = Math.max(stopped.until, second + least + random.next() * (most - least))
    stopped = { until, share: Math.min(1, share) }
  }
  /** Each consumer in turn leaves and comes back. */
  const isReplaced = (second: number): boolean =>
    faults.some(({ kind, fromSecond, seconds }) => {
      const every = Math.ceil(seconds / (2 * replicas))
      return (
        kind === 'rollout' && isOn(scenario, kind, second) && (second - fromSecond) % every === 0
      )
    })
  return {
    changes,
    replicas: () => replicas,
    change: (second: number, wanted: number): void => {
      if (wanted === replicas) return
      changes.push({ second, by: wanted - replicas })
      rebalance(second, 1 - Math.min(wanted, replicas) / Math.max(wanted, replicas))
      replicas = wanted
    },
    rows: (second: number): number => {
      if (isReplaced(second)) rebalance(second, 1 / replicas)
      const share = second < stopped.until ? 1 - stopped.share : 1
      return share * Math.min(replicas, partitions) * consumerRows
    },
  }
}

type Group = ReturnType<typeof createGroup>

/** KEDA and the autoscaler, each on its own clock. What is on its way to ClickHouse is lag to them, too: it is not committed. */
function createScaling(scenario: Scenario, rule: ScalingRule, group: Group) {
  const { partitions, delaySeconds, pollPhaseSeconds, seed } = scenario
  const trigger = createLagTrigger(rule)
  const autoscaler = createAutoscaler(rule)
  const random = createRandom(seed, 'commits')
  let commits = 0
  let polled = 0
  return (
    second: number,
    {
      made,
      lag,
      isMoving,
    }: { readonly made: number; readonly lag: number; readonly isMoving: boolean },
  ): void => {
    if (isMoving) commits += 1
    const look = (): number => {
      const delay = delaySeconds.least + random.next() * (delaySeconds.most - delaySeconds.least)
      const each = (lag + (isMoving ? made * delay : 0)) / partitions
      const offsets = Array.from({ length: partitions }, (_, partition) => ({
        partition,
        committed: commits,
        latest: commits + each,
      }))
      return trigger.look(offsets)
    }
    if (second % rule.pollSeconds === pollPhaseSeconds) polled = look()
    if (second % SYNC_SECONDS !== 0) return
    const told = rule.answersFromPolls ? polled : look()
    group.change(
      second,
      autoscaler.decide({ atSeconds: second, lag: told, replicas: group.replicas() }),
    )
  }
}
