// deploy/kubernetes: built by kustomize, held against the schemas that Kubernetes, KEDA and the Prometheus operator publish, and
// against what the programs themselves say of their ports, variables and times.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { CRDS, crdSchema, validatorOf } from './crd.ts'
import { hasGo, kubernetesValidate, kustomize } from './tools.ts'

const OVERLAYS = ['small', 'production']
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
      for (const name of ['ingest', 'consumer']) {
        const { spec } = named(all, 'PodDisruptionBudget', name)
        assert.equal(spec.maxUnavailable, 1)
        assert.equal(spec.unhealthyPodEvictionPolicy, 'AlwaysAllow')
        const component = 'app.kubernetes.io/component'
        assert.equal(spec.selector.matchLabels[component], name)
      }
      const isScaled = all.some(({ kind }) => kind === 'ScaledObject')
      assert.equal(
        named(all, 'Deployment', 'ingest').spec.replicas,
        undefined,
        'the autoscaler says it',
      )
      assert.equal(named(all, 'StatefulSet', 'consumer').spec.replicas, isScaled ? undefined : 2)
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
