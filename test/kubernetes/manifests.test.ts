// deploy/kubernetes: built by kustomize, held against the schemas that Kubernetes, KEDA and the Prometheus operator publish, and
// against what the programs themselves say of their ports, variables and times.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { groupOfShard, shardOfPartition } from '@custom-events/kafka'
import { parseAllDocuments } from 'yaml'
import { CRDS, crdSchema, validatorOf } from './crd.ts'
import { hasGo, kubernetesValidate, kustomize } from './tools.ts'

const OVERLAYS = ['small', 'production', 'sharded']
/** Of the consumers, by the overlay: one name for each shard. */
const SHARDED = ['consumer-shard-1', 'consumer-shard-2']
const consumersOf = (overlay: string): readonly string[] =>
  overlay === 'sharded' ? SHARDED : ['consumer']
const COMPONENT = 'app.kubernetes.io/component'
const SHARD = 'custom-events/shard'
/** The oldest that is tried: the sleep of a preStop hook came with 1.30. */
const VERSIONS = ['1.30', '1.34']
const HOW = '(tools/install-test-extras.sh installs it)'

const build = kustomize()
const noBuild =
  build === null ? `SKIPPED: no kustomize on this machine ${HOW}: no manifest was tried` : false
const validate = kubernetesValidate()

// oxlint-disable-next-line typescript/no-explicit-any -- the shape of each is what the tests assert
type Manifest = any

function built(overlay: string): readonly Manifest[] {
  assert.ok(build !== null)
  const [command = '', ...args] = build
  const text = execFileSync(command, [...args, `deploy/kubernetes/overlays/${overlay}`], {
    encoding: 'utf8',
  })
  return parseAllDocuments(text).map((document) => document.toJS())
}

const named = (all: readonly Manifest[], kind: string, name: string): Manifest => {
  const found = all.find((each) => each.kind === kind && each.metadata.name === name)
  assert.ok(found !== undefined, `there is no ${kind} ${name}`)
  return found
}

const podsOf = (all: readonly Manifest[]): readonly Manifest[] =>
  all.filter(({ kind }) => ['Job', 'Deployment', 'StatefulSet'].includes(kind))

for (const overlay of OVERLAYS) {
  const noValidate =
    noBuild !== false
      ? noBuild
      : validate === null
        ? `SKIPPED: no kubernetes-validate on this machine ${HOW}: no manifest was held against a schema`
        : false
  test(`${overlay}: every manifest is what Kubernetes takes`, { skip: noValidate }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'custom-events-kubernetes-'))
    try {
      const own = built(overlay).filter(({ kind }) => CRDS[kind] === undefined)
      const file = join(folder, 'all.yaml')
      writeFileSync(file, own.map((each) => JSON.stringify(each)).join('\n---\n'))
      for (const version of VERSIONS) {
        const { status, stdout, stderr } = spawnSync(
          validate ?? '',
          ['--strict', '-k', version, file],
          { encoding: 'utf8' },
        )
        assert.equal(status, 0, `${version}: ${stdout}${stderr}`)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  const noCrds =
    noBuild !== false
      ? noBuild
      : hasGo()
        ? false
        : 'SKIPPED: no Go on this machine: no object of KEDA was tried'
  test(
    `${overlay}: every object of an operator is what its definition takes`,
    { skip: noCrds },
    () => {
      for (const object of built(overlay)) {
        const source = CRDS[object.kind]
        if (source === undefined) continue
        const isValid = validatorOf(crdSchema(source))
        assert.ok(isValid(object), `${object.kind}: ${JSON.stringify(isValid.errors, null, 2)}`)
      }
    },
  )

  test(`${overlay}: no pod may do more than it needs`, { skip: noBuild }, () => {
    for (const { kind, metadata, spec } of podsOf(built(overlay))) {
      const { containers, ...pod } = spec.template.spec
      const of = `${kind} ${metadata.name}`
      assert.equal(pod.automountServiceAccountToken, false, of)
      assert.equal(
        pod.enableServiceLinks,
        false,
        `${of}: a Service named kafka would set KAFKA_PORT`,
      )
      assert.equal(pod.securityContext.runAsNonRoot, true, of)
      assert.deepEqual(pod.securityContext.seccompProfile, { type: 'RuntimeDefault' }, of)
      for (const { securityContext, resources, env } of containers) {
        assert.equal(securityContext.readOnlyRootFilesystem, true, of)
        assert.equal(securityContext.allowPrivilegeEscalation, false, of)
        assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] }, of)
        assert.ok(resources.requests.memory && resources.limits.memory, of)
        for (const { name, value = '' } of env) {
          assert.ok(
            !/PASSWORD$|SECRET$|TOKEN$/.test(name) || value === '',
            `${of}: ${name} as text`,
          )
        }
      }
    }
  })

  test(
    `${overlay}: a pod is never killed while it still may be draining`,
    { skip: noBuild },
    () => {
      for (const { kind, metadata, spec } of podsOf(built(overlay))) {
        if (kind === 'Job') continue
        const { terminationGracePeriodSeconds: grace, containers } = spec.template.spec
        const [{ env, lifecycle }] = containers
        const shutdownMs = env.find(({ name }: Manifest) => name === 'SHUTDOWN_TIMEOUT_MS').value
        const before = lifecycle?.preStop.sleep.seconds ?? 0
        assert.ok(grace >= before + Number(shutdownMs) / 1_000 + 5, metadata.name)
      }
    },
  )

  test(
    `${overlay}: one pod at a time may be taken away, and a node be drained in an outage`,
    { skip: noBuild },
    () => {
      const all = built(overlay)
      for (const name of ['ingest', ...consumersOf(overlay)]) {
        const { spec } = named(all, 'PodDisruptionBudget', name)
        assert.equal(spec.maxUnavailable, 1)
        assert.equal(spec.unhealthyPodEvictionPolicy, 'AlwaysAllow')
        assert.equal(spec.selector.matchLabels[COMPONENT], name.split('-')[0])
      }
      const isScaled = all.some(({ kind }) => kind === 'ScaledObject')
      assert.equal(
        named(all, 'Deployment', 'ingest').spec.replicas,
        undefined,
        'the autoscaler says it',
      )
      for (const name of consumersOf(overlay)) {
        assert.equal(named(all, 'StatefulSet', name).spec.replicas, isScaled ? undefined : 2)
      }
    },
  )
}

test(
  'consumers are scaled by the lag of the topic that they read, and to no more than its partitions',
  { skip: noBuild },
  () => {
    const all = built('production')
    const { data } = all.find(({ kind }) => kind === 'ConfigMap')
    const { spec } = named(all, 'ScaledObject', 'consumer')
    const [{ metadata }] = spec.triggers
    const topic = data.KAFKA_TOPIC ?? 'events.tracked.v1'
    assert.equal(metadata.topic, topic)
    assert.equal(
      metadata.consumerGroup,
      data.KAFKA_CONSUMER_GROUP ?? `custom-events.clickhouse.${topic}`,
    )
    assert.equal(metadata.bootstrapServers, data.KAFKA_BROKERS)
    assert.equal(String(spec.maxReplicaCount), data.KAFKA_PARTITIONS)
    assert.ok(spec.minReplicaCount >= 1)
    assert.deepEqual(spec.scaleTargetRef, {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      name: 'consumer',
    })
  },
)

test('consumers of each shard are its own, and no others are left', { skip: noBuild }, () => {
  const all = built('sharded')
  const { data } = all.find(({ kind }) => kind === 'ConfigMap')
  const shards = data.CLICKHOUSE_SHARD_URLS.split(',').length
  assert.equal(data.CLICKHOUSE_SHARDS, String(shards))
  const sets = all.filter(({ kind }) => kind === 'StatefulSet')
  assert.deepEqual(
    sets.map(({ metadata }) => metadata.name),
    SHARDED,
  )
  assert.equal(sets.length, shards)
  // A pod that two budgets are of cannot be evicted at all.
  const budgets = all.filter(({ kind }) => kind === 'PodDisruptionBudget')
  assert.deepEqual(
    new Set(budgets.map(({ metadata }) => metadata.name)),
    new Set([...SHARDED, 'ingest']),
  )
  for (const [index, { metadata, spec }] of sets.entries()) {
    const shard = String(index + 1)
    const [{ env }] = spec.template.spec.containers
    assert.equal(env.find(({ name }: Manifest) => name === 'CLICKHOUSE_SHARD')?.value, shard)
    assert.equal(spec.selector.matchLabels[SHARD], shard, 'or it takes the pods of another')
    assert.equal(spec.template.metadata.labels[SHARD], shard)
    assert.equal(spec.serviceName, metadata.name)
    assert.equal(named(all, 'Service', metadata.name).spec.selector[SHARD], shard)
    const items = spec.template.spec.volumes.flatMap(({ secret }: Manifest) => secret?.items ?? [])
    const keys = items.map(({ key }: Manifest) => key)
    assert.deepEqual(keys, ['clickhouse-consumer-password', 'ca.pem', 'kafka-password'])
  }
})

test(
  'consumers of a shard are scaled by the lag of their group, on the partitions of their shard',
  { skip: noBuild },
  () => {
    const objects = built('sharded')
    const { data } = objects.find(({ kind }) => kind === 'ConfigMap')
    const shards = Number(data.CLICKHOUSE_SHARDS)
    const partitions = Number(data.KAFKA_PARTITIONS)
    assert.equal(objects.filter(({ kind }) => kind === 'ScaledObject').length, shards)
    for (const [index, name] of SHARDED.entries()) {
      const shard = { shard: index + 1, shards }
      const { spec } = named(objects, 'ScaledObject', name)
      assert.equal(spec.scaleTargetRef.name, name)
      const all = Array.from({ length: partitions }, (_, partition) => partition)
      const own = all.filter((partition) => shardOfPartition(partition, shards) === shard.shard)
      assert.equal(spec.maxReplicaCount, own.length)
      const [{ metadata, authenticationRef }] = spec.triggers
      const group = `custom-events.clickhouse.${metadata.topic}`
      assert.equal(metadata.consumerGroup, groupOfShard(group, shard))
      // Of the others the group has no commits, and KEDA takes all that was ever written to them for lag.
      assert.equal(metadata.partitionLimitation, own.join(','))
      assert.equal(metadata.bootstrapServers, data.KAFKA_BROKERS)
      assert.ok(named(objects, 'TriggerAuthentication', authenticationRef.name))
    }
  },
)

test(
  'ingest is let to Kafka and the registry only, and its ops port to Prometheus',
  { skip: noBuild },
  () => {
    const all = built('small')
    assert.deepEqual(named(all, 'NetworkPolicy', 'nothing-else').spec.policyTypes, [
      'Ingress',
      'Egress',
    ])
    const toClickHouse = named(all, 'NetworkPolicy', 'clickhouse').spec.podSelector
    assert.deepEqual(toClickHouse.matchExpressions[0].values, ['consumer', 'setup'])
    const volumes = named(all, 'Deployment', 'ingest').spec.template.spec.volumes as Manifest[]
    const keys = volumes
      .flatMap(({ secret }) => secret?.items ?? [])
      .map(({ key }: Manifest) => key)
    assert.deepEqual(keys, ['write-keys.json'], 'not the password of ClickHouse')
  },
)
