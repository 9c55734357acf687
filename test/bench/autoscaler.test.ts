// The rule of deploy/kubernetes by the published formulas of KEDA and of the HorizontalPodAutoscaler.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import {
  SYNC_SECONDS,
  createAutoscaler,
  replicasFor,
} from '../../bench/scale/autoscaler/autoscaler.ts'
import { createLagTrigger } from '../../bench/scale/autoscaler/lag-trigger.ts'
import {
  MANIFEST,
  readScalingRule,
  scalingRuleOf,
  type ScalingRule,
} from '../../bench/scale/autoscaler/scaled-object.ts'
import { costsOf } from '../../bench/sizing.ts'
import { keptFigures } from '../../bench/pages.ts'
import { simulateDay } from '../../bench/scale/simulation/day.ts'
import { forPartitions, usualDay } from '../../bench/scale/simulation/usual-day.ts'

const ours = readScalingRule()
const RULE: ScalingRule = {
  topic: 'events',
  consumerGroup: 'consumers',
  minReplicas: 1,
  maxReplicas: 12,
  lagThreshold: 100,
  allowsIdleConsumers: true,
  leavesOutPersistentLag: true,
  pollSeconds: 15,
  answersFromPolls: true,
  up: { windowSeconds: 0, policies: [{ pods: 100, periodSeconds: 15 }] },
  down: { windowSeconds: 0, policies: [{ pods: 100, periodSeconds: 15 }] },
}

/** How many there are after each look at a lag, one every 15 s. */
function course(rule: ScalingRule, lags: readonly number[], from = 1): readonly number[] {
  const autoscaler = createAutoscaler(rule)
  let replicas = from
  return lags.map((lag, round) => {
    replicas = autoscaler.decide({ atSeconds: round * SYNC_SECONDS, lag, replicas })
    return replicas
  })
}

test('the number is the lag by the threshold, rounded up, within its bounds, and a tenth is near enough', () => {
  const cases: readonly (readonly [lag: number, there: number, wanted: number])[] = [
    [0, 3, 1],
    [101, 1, 1], // 1.01
    [109, 1, 1],
    [111, 1, 2],
    [250, 1, 3],
    [275, 3, 3],
    [205, 3, 3],
    [200, 3, 2],
    [9_999, 1, 12],
  ]
  for (const [lag, there, wanted] of cases) {
    assert.equal(replicasFor(RULE, lag, there), wanted, `${lag} with ${there}`)
  }
})

test('up goes to the fewest, down to the most that was asked for within the window', () => {
  const window = 4 * SYNC_SECONDS
  const up = { ...RULE, up: { ...RULE.up, windowSeconds: window } }
  // The first look counts what there was as asked for, too.
  assert.deepEqual(course(up, [500, 500, 500, 500, 900, 300, 900]), [1, 1, 1, 1, 5, 3, 3])
  const down = { ...RULE, down: { ...RULE.down, windowSeconds: window } }
  assert.deepEqual(course(down, [900, 100, 400, 100, 100, 100, 100, 100]), [9, 9, 9, 9, 4, 4, 1, 1])
})

test('no more are added or taken away within a period than the policy says', () => {
  const policies = [{ pods: 2, periodSeconds: 2 * SYNC_SECONDS }]
  const slow = { ...RULE, up: { windowSeconds: 0, policies }, down: { windowSeconds: 0, policies } }
  assert.deepEqual(course(slow, [900, 900, 900, 900, 100, 100, 100]), [3, 3, 5, 5, 3, 3, 1])
})

test('without a commit the lag is the whole log; where the commit stands still there is none', () => {
  const trigger = createLagTrigger(RULE)
  const at = (committed: number | null, latest: number) => [{ partition: 0, committed, latest }]
  const looks = [at(null, 50), at(null, 60), at(10, 60), at(10, 90), at(11, 90)].map((each) =>
    trigger.look(each),
  )
  assert.deepEqual(looks, [50, 60, 50, 0, 79])
})

test('a lag that is cut at a threshold for each partition never starts the last consumer of twelve; ours does', () => {
  const partitions = (lag: number) =>
    Array.from({ length: 12 }, (_, partition) => ({
      partition,
      committed: 1,
      latest: 1 + lag / 12,
    }))
  const replicasWith = (rule: ScalingRule) =>
    replicasFor(rule, createLagTrigger(rule).look(partitions(100 * ours.lagThreshold)), 11)
  assert.equal(replicasWith({ ...ours, allowsIdleConsumers: false }), 11) // KEDA's issue 2908
  assert.equal(replicasWith(ours), 12)
})

const scenario = usualDay(
  costsOf(keptFigures('ingest'), keptFigures('consumer')),
  keptFigures('half-load'),
)
const calm = { ...scenario, faults: [] }
const dayOf = (rule: ScalingRule, phase = scenario.pollPhaseSeconds) =>
  simulateDay({ ...calm, pollPhaseSeconds: phase }, forPartitions(rule, calm))

test('in a day without faults the number follows the traffic: up with it, down with it, a few times in all', () => {
  const { changes } = dayOf(ours)
  assert.ok(changes.length <= 15, `${changes.length} changes`)
  const turns = changes.filter(
    ({ by }, index) => index > 0 && by > 0 !== (changes[index - 1]?.by ?? 0) > 0,
  )
  assert.ok(turns.length <= 3, `the direction changed ${turns.length} times`)
})

test('with five times the threshold consumers would come and go all day', () => {
  assert.ok(dayOf({ ...ours, lagThreshold: 5 * ours.lagThreshold }).changes.length > 100)
})

test("whenever KEDA's polls come, the lag is seen; asking Kafka anew, just after a poll, would see none", () => {
  for (const phase of [0, 1, 7, 14]) {
    assert.ok(
      Math.max(...dayOf(ours, phase).moments.map(({ replicas }) => replicas)) >= 5,
      `phase ${phase}`,
    )
  }
  const anew = { ...ours, answersFromPolls: false }
  assert.equal(Math.max(...dayOf(anew, 0).moments.map(({ replicas }) => replicas)), 1)
})

test('a manifest that asks for what is not understood is refused, so that nothing else is tried', () => {
  const [object] = parseAllDocuments(readFileSync(MANIFEST, 'utf8')).map((each) => each.toJS())
  const [trigger] = object.spec.triggers
  const refused = (change: object) => () =>
    scalingRuleOf({ ...object, spec: { ...object.spec, ...change } }, 'a.yaml')
  assert.throws(
    refused({ triggers: [trigger, { type: 'cron' }] }),
    /a\.yaml: one trigger of type kafka/,
  )
  const percent = {
    windowSeconds: 0,
    stabilizationWindowSeconds: 0,
    policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }],
  }
  assert.throws(
    refused({
      advanced: {
        horizontalPodAutoscalerConfig: { behavior: { scaleUp: percent, scaleDown: percent } },
      },
    }),
    /policies of type Pods/,
  )
})
