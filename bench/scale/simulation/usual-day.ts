import type { SavedFigures } from '../../figures.ts'
import type { Costs } from '../../sizing.ts'
import type { ScalingRule } from '../autoscaler/scaled-object.ts'
import { INPUTS } from '../inputs.ts'
import { machinesFor } from '../machines.ts'
import { DAY_FAULTS, type Scenario } from './scenario.ts'

/** The rate of docs/scale.md whose day is shown there. */
export const SHOWN_RATE = 1_000_000
/** Where KEDA's lag was counted before (ADR 0057). */
export const FORMER_THRESHOLD = 500_000

/** A pipeline as docs/scale.md sizes it, with the delays that `npm run bench -- half-load` saw. */
export function usualDay(costs: Costs, halfLoad: SavedFigures): Scenario {
  const { partitions } = machinesFor(SHOWN_RATE, costs)
  return {
    seed: 1,
    peak: SHOWN_RATE,
    partitions,
    consumerRows: costs.perSecond.consumer,
    clickhouseRows: 2 * SHOWN_RATE, // planned at half use
    takes: 2 * SHOWN_RATE,
    holdsSeconds: 2,
    retentionSeconds: INPUTS.retentionHours[SHOWN_RATE] * 3_600,
    delaySeconds: delaysOf(halfLoad),
    rebalanceSeconds: { least: 2, most: 6 },
    pollPhaseSeconds: 7,
    faults: DAY_FAULTS,
  }
}

/** As many consumers as there are partitions may be there, as the manifest says of its own number. */
export function forPartitions(rule: ScalingRule, { partitions }: Scenario): ScalingRule {
  return { ...rule, maxReplicas: partitions }
}

/** @throws when the figure has no delays. */
function delaysOf({ tables }: SavedFigures): Scenario['delaySeconds'] {
  const delay = tables.find(({ name }) => name === 'delay')
  const [middle, most] = ['p50, s', 'p95, s'].map(
    (name) => delay?.rows[0]?.[delay.columns.indexOf(name)],
  )
  if (typeof middle !== 'number' || typeof most !== 'number') {
    throw new Error(
      'docs/figures/half-load.json: table delay has no p50 and p95: npm run bench -- half-load --save',
    )
  }
  return { least: Math.max(0, 2 * middle - most), most }
}
