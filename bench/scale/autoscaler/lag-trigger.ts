import type { ScalingRule } from './scaled-object.ts'

/** What Kafka says of one partition and of the group that reads it. */
export interface Offsets {
  readonly partition: number
  /** `null`: the group has committed nothing yet. */
  readonly committed: number | null
  readonly latest: number
}

/** The lag that KEDA would tell; it remembers the commits of its last look. */
export interface LagTrigger {
  look(offsets: readonly Offsets[]): number
}

/**
 * KEDA's Kafka trigger: https://keda.sh/docs/2.18/scalers/apache-kafka/. Where nothing was committed the lag is the end of the
 * log (`offsetResetPolicy: earliest`). With `excludePersistentLag` it is 0 where the commit is that of the look before, whoever
 * looked then: so KEDA's own polls and the autoscaler's questions make each other's lag disappear when they come within one commit.
 */
export function createLagTrigger(rule: ScalingRule): LagTrigger {
  const before = new Map<number, number>()
  const lagOf = ({ partition, committed, latest }: Offsets): number => {
    if (committed === null) return latest
    const stands = rule.leavesOutPersistentLag && before.get(partition) === committed
    before.set(partition, committed)
    return stands ? 0 : latest - committed
  }
  return {
    look: (offsets) => {
      const lag = offsets.reduce((sum, each) => sum + lagOf(each), 0)
      if (rule.allowsIdleConsumers) return lag
      return Math.min(lag, offsets.length * rule.lagThreshold)
    },
  }
}
