import type { Direction, ScalingRule } from './scaled-object.ts'

/** How often the controller looks at each autoscaler (`--horizontal-pod-autoscaler-sync-period`). */
export const SYNC_SECONDS = 15
/** As near to the threshold, nothing changes (`--horizontal-pod-autoscaler-tolerance`). */
const TOLERANCE = 0.1

export interface Autoscaler {
  /**
   * One round of the controller.
   *
   * @param lag of the trigger. @returns how many there shall be.
   */
  decide(round: {
    readonly atSeconds: number
    readonly lag: number
    readonly replicas: number
  }): number
}

interface Change {
  readonly atSeconds: number
  /** Below zero: fewer. */
  readonly by: number
}

/**
 * What the HorizontalPodAutoscaler that KEDA makes of a ScaledObject does with a lag:
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ ("Algorithm details", "Configurable scaling
 * behavior"). First as many as the lag asks for, then the most hesitant of what was asked for in the windows, then no more
 * than the policies allow.
 */
export function createAutoscaler(rule: ScalingRule): Autoscaler {
  const asked: { readonly atSeconds: number; readonly replicas: number }[] = []
  const changes: Change[] = []
  return {
    decide: ({ atSeconds, lag, replicas }) => {
      if (asked.length === 0) asked.push({ atSeconds, replicas })
      asked.push({ atSeconds, replicas: replicasFor(rule, lag, replicas) })
      const within = (direction: Direction): readonly number[] =>
        asked.flatMap((each) =>
          atSeconds - each.atSeconds < direction.windowSeconds || each === asked.at(-1)
            ? [each.replicas]
            : [],
        )
      const steady = clamp(replicas, Math.min(...within(rule.up)), Math.max(...within(rule.down)))
      const next = clamp(steady, ...boundsOf(rule, { atSeconds, replicas, changes }))
      if (next !== replicas) changes.push({ atSeconds, by: next - replicas })
      forget(asked, atSeconds, rule)
      forget(changes, atSeconds, rule)
      return next
    },
  }
}

/** ceil(lag ÷ threshold), unless what there is is near enough. */
export function replicasFor(rule: ScalingRule, lag: number, replicas: number): number {
  const ratio = lag / (rule.lagThreshold * replicas)
  const wanted = Math.abs(ratio - 1) <= TOLERANCE ? replicas : Math.ceil(lag / rule.lagThreshold)
  return clamp(wanted, rule.minReplicas, rule.maxReplicas)
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}

/** The fewest and the most that the policies allow now: counted from how many there were when a period began. */
function boundsOf(
  rule: ScalingRule,
  now: {
    readonly atSeconds: number
    readonly replicas: number
    readonly changes: readonly Change[]
  },
): readonly [least: number, most: number] {
  const { atSeconds, replicas, changes } = now
  /** How many there were when the period began: what was changed in it is taken back. */
  const atBeginOf = (periodSeconds: number): number => {
    const since = changes.filter(({ atSeconds: at }) => atSeconds - at < periodSeconds)
    return since.reduce((count, { by }) => count - by, replicas)
  }
  const { up, down } = rule
  const mosts = up.policies.map(({ pods, periodSeconds }) => atBeginOf(periodSeconds) + pods)
  const leasts = down.policies.map(({ pods, periodSeconds }) => atBeginOf(periodSeconds) - pods)
  return [
    Math.max(rule.minReplicas, Math.min(replicas, ...leasts)),
    Math.min(rule.maxReplicas, Math.max(replicas, ...mosts)),
  ]
}

/** What is older than every window and every period. */
function forget(
  list: { readonly atSeconds: number }[],
  now: number,
  { up, down }: ScalingRule,
): void {
  const longest = Math.max(
    ...[up, down].flatMap((each) => [
      each.windowSeconds,
      ...each.policies.map(({ periodSeconds }) => periodSeconds),
    ]),
  )
  while ((list[0]?.atSeconds ?? now) <= now - longest) list.shift()
}
