import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'

export const MANIFEST = 'deploy/kubernetes/components/keda/scaled-object.yaml'

/** What the ScaledObject of our consumers asks for, as far as the number of consumers follows from it. */
export interface ScalingRule {
  readonly topic: string
  readonly consumerGroup: string
  readonly minReplicas: number
  readonly maxReplicas: number
  /** Records of lag for each consumer. */
  readonly lagThreshold: number
  /** Without idle consumers the lag is counted up to one threshold for each partition. */
  readonly allowsIdleConsumers: boolean
  /** A partition whose commit stands still has no lag. */
  readonly leavesOutPersistentLag: boolean
  /** KEDA asks so often by itself, beside whoever asks KEDA. */
  readonly pollSeconds: number
  /** Whoever asks KEDA gets what the last poll saw, and nothing is asked anew. */
  readonly answersFromPolls: boolean
  readonly up: Direction
  readonly down: Direction
}

/** How fast and how hesitantly the number may change one way. */
export interface Direction {
  readonly windowSeconds: number
  /** The number may change by so many within so long; the most generous of several counts. */
  readonly policies: readonly { readonly pods: number; readonly periodSeconds: number }[]
}

/** @throws when the manifest asks for something that is not understood here: then it would not be what is tried. */
export function readScalingRule(path: string = MANIFEST): ScalingRule {
  const documents = parseAllDocuments(readFileSync(path, 'utf8')).map((each) => each.toJS())
  return scalingRuleOf(
    documents.find((each) => each?.kind === 'ScaledObject'),
    path,
  )
}

// oxlint-disable-next-line typescript/no-explicit-any -- the manifest is held against KEDA's schema in test/kubernetes
export function scalingRuleOf(object: any, path: string): ScalingRule {
  const [trigger, ...others] = object?.spec?.triggers ?? []
  const behavior = object?.spec?.advanced?.horizontalPodAutoscalerConfig?.behavior
  const metadata = trigger?.metadata ?? {}
  const expect = (what: string, isSo: boolean): void => {
    if (!isSo)
      throw new Error(
        `${path}: ${what} is all that bench/scale/autoscaler understands: teach it the rest`,
      )
  }
  expect('one trigger of type kafka', trigger?.type === 'kafka' && others.length === 0)
  expect('offsetResetPolicy: earliest', metadata.offsetResetPolicy === 'earliest')
  expect("limitToPartitionsWithLag: 'false'", metadata.limitToPartitionsWithLag !== 'true')
  expect(
    'a topic and a group',
    [metadata.topic, metadata.consumerGroup].every((each) => typeof each === 'string'),
  )
  expect(
    "ensureEvenDistributionOfPartitions: 'false'",
    metadata.ensureEvenDistributionOfPartitions !== 'true',
  )
  return {
    topic: metadata.topic,
    consumerGroup: metadata.consumerGroup,
    minReplicas: object.spec.minReplicaCount,
    maxReplicas: object.spec.maxReplicaCount,
    lagThreshold: Number(metadata.lagThreshold),
    allowsIdleConsumers: metadata.allowIdleConsumers === 'true',
    leavesOutPersistentLag: metadata.excludePersistentLag === 'true',
    pollSeconds: object.spec.pollingInterval,
    answersFromPolls: trigger.useCachedMetrics === true,
    up: directionOf(behavior?.scaleUp, expect),
    down: directionOf(behavior?.scaleDown, expect),
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- as above
function directionOf(rules: any, expect: (what: string, isSo: boolean) => void): Direction {
  const policies: readonly { type: string; value: number; periodSeconds: number }[] =
    rules?.policies ?? []
  expect('a window', typeof rules?.stabilizationWindowSeconds === 'number')
  expect('selectPolicy: Max', (rules.selectPolicy ?? 'Max') === 'Max')
  expect(
    'policies of type Pods',
    policies.length > 0 && policies.every(({ type }) => type === 'Pods'),
  )
  return {
    windowSeconds: rules.stabilizationWindowSeconds,
    policies: policies.map(({ value, periodSeconds }) => ({ pods: value, periodSeconds })),
  }
}
