import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { TROUBLE_CAUSES } from '@custom-events/kafka'
import { createMetrics, opsMetrics, type MetricDefinition } from '@custom-events/runtime'
import { consumerMetrics } from '../services/consumer/src/metrics.ts'
import { ingestMetrics, primaryMetrics } from '../services/ingest/src/metrics.ts'
import { askedBy } from './promql.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook', string>>
}
interface RuleTests {
  readonly tests: readonly {
    readonly name: string
    readonly promql_expr_test: readonly {
      readonly expr: string
      readonly exp_samples: readonly object[]
    }[]
  }[]
}
interface Panel {
  readonly title: string
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>
  readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string }[]
}

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
const TESTS = globSync('deploy/prometheus/tests/*.yml').toSorted()
// Files of ours: what they hold is what the types say, or the tests below fail.
const { groups } = parse(read('deploy/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] }
const rules = groups.flatMap((group) => group.rules)
const cases = TESTS.flatMap((file) => (parse(read(file)) as RuleTests).tests)
const dashboard = JSON.parse(read('deploy/grafana/dashboards/custom-events.json')) as {
  panels: Panel[]
}
const targets = dashboard.panels.flatMap(({ title, targets: all = [] }) =>
  all.map((target) => ({ title, ...target })),
)

/** Prometheus puts these on every series, and a primary `worker` on those of its workers. */
const OF_THE_TARGET = ['job', 'instance', 'worker', 'le']
const labelsByMetric = await knownMetrics()

test('the runbook says of every cause of stuck partitions what to do', () => {
  const section = sectionOf('CustomEventsPartitionsStuck') ?? ''
  assert.deepEqual(
    TROUBLE_CAUSES.filter((cause) => !section.includes(`\`${cause}\``)),
    [],
  )
})

function sectionOf(alert: string): string | undefined {
  const sections = read('docs/runbook.md').split(/^#{2,3} /m)
  return sections.find((text) => text.startsWith(`${alert}\n`))
}

for (const { alert, expr, annotations, labels } of rules) {
  const asked = askedBy(expr)

  test(`${alert} asks for metrics and labels that the services have`, () => {
    assert.deepEqual(unknownOf(expr), [])
  })

  test(`${alert} fills its texts with labels that it has, and says how grave it is`, () => {
    const named = Object.values(annotations).flatMap((text) =>
      [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label),
    )
    const has = asked.groupedBy.size > 0 ? asked.groupedBy : new Set(['job', 'instance'])
    assert.deepEqual(
      named.filter((label) => !has.has(label)),
      [],
    )
    assert.match(labels.severity, /^(warning|critical)$/)
  })

  test(`${alert} has a section in the runbook, which says what it means, what to look at, what to do`, () => {
    assert.equal(annotations.runbook, `docs/runbook.md#${alert.toLowerCase()}`)
    const section = sectionOf(alert)
    assert.ok(section !== undefined, `docs/runbook.md has no heading "### ${alert}"`)
    for (const part of ['**Means.**', '**Look.**', '**Do.**']) {
      assert.ok(section.includes(part), `the section of ${alert} has no ${part}`)
    }
  })

  test(`${alert} has a case in which it fires and one in which it is quiet`, () => {
    const own = cases.flatMap((each) =>
      each.promql_expr_test.filter(({ expr: asks }) => new RegExp(`${alert}\\b`).test(asks)),
    )
    assert.ok(
      own.some((each) => each.exp_samples.length > 0),
      'no case in which it fires',
    )
    assert.ok(
      own.some((each) => each.exp_samples.length === 0),
      'no case in which it is quiet',
    )
  })

  test(`${alert} can be followed on the dashboard`, () => {
    const shown = new Set(targets.flatMap((target) => [...askedBy(target.expr).metrics]))
    assert.deepEqual(
      [...asked.metrics].filter((name) => !shown.has(name)),
      [],
    )
  })
}

test('the dashboard asks for metrics and labels that the services have', () => {
  for (const { title, expr, legendFormat = '' } of targets) {
    assert.deepEqual(unknownOf(expr), [], title)
    const { groupedBy } = askedBy(expr)
    const named = [...legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = '']) => label)
    const has = groupedBy.size > 0 ? groupedBy : labelsOf(expr)
    assert.deepEqual(
      named.filter((label) => !has.has(label)),
      [],
      title,
    )
  }
})

test('the panels of the dashboard lie beside each other, not on each other', () => {
  const taken = new Map<string, string>()
  for (const { title, gridPos } of dashboard.panels) {
    assert.ok(gridPos.x + gridPos.w <= 24, title)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.equal(taken.get(`${x},${y}`), undefined, title)
        taken.set(`${x},${y}`, title)
      }
    }
  }
})

test('no two alerts have one name', () => {
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
})

/** By name with the prefix; metrics of the process come from a service that has none of its own. */
async function knownMetrics(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const tables: Readonly<Record<string, MetricDefinition>>[] = [
    opsMetrics,
    ingestMetrics,
    primaryMetrics,
    consumerMetrics,
  ]
  const ours = tables
    .flatMap(Object.values<MetricDefinition>)
    .map(
      ({ name, labels = {} }) => [`custom_events_${name}`, new Set(Object.keys(labels))] as const,
    )
  const { text } = await createMetrics({}).expose()
  const others = [...text.matchAll(/^# TYPE (\w+)/gm)].map(
    ([, name = '']) => [name, new Set<string>()] as const,
  )
  const ofPrometheus = [
    ['up', new Set<string>()],
    ['ALERTS', new Set(['alertname', 'alertstate'])],
  ] as const
  return new Map([...ours, ...others, ...ofPrometheus])
}

function labelsOf(expr: string): ReadonlySet<string> {
  const own = [...askedBy(expr).metrics].flatMap((name) => [...(labelsByMetric.get(name) ?? [])])
  return new Set([...OF_THE_TARGET, ...own])
}

function unknownOf(expr: string): readonly string[] {
  const { metrics, labels } = askedBy(expr)
  const known = labelsOf(expr)
  return [
    ...[...metrics].filter((name) => !labelsByMetric.has(name)),
    ...[...labels].filter((label) => !known.has(label)),
  ]
}
