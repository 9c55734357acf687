import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { MALLOC_SETTINGS } from '@custom-events/embedded'
import { consumerMetrics } from '../services/consumer/src/metrics.ts'
import { ingestMetrics } from '../services/ingest/src/metrics.ts'

const definitions = Object.values({ ...ingestMetrics, ...consumerMetrics })
const known = new Set<string>(definitions.map(({ name }) => `custom_events_${name}`))

for (const file of ['prometheus/alerts.yml', 'grafana/dashboards/custom-events.json']) {
  test(`deploy/${file} asks only for metrics that the services have`, () => {
    const text = readFileSync(new URL(`../deploy/${file}`, import.meta.url), 'utf8')
    const asked = new Set(text.match(/\bcustom_events_\w+/g))
    assert.ok(asked.size > 5)
    const unknown = [...asked].filter((name) => !known.has(name.replace(/_bucket$/, '')))
    assert.deepEqual(unknown, [])
  })
}

test('every page of the runbook that an alert names is there', () => {
  const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
  const titles = read('docs/runbook.md').match(/^## .+$/gm)
  const there = new Set(titles?.map((title) => title.slice(3).replaceAll('`', '')))
  const named = [...read('deploy/prometheus/alerts.yml').matchAll(/[Rr]unbook: "([^"]+)"/g)]
  assert.ok(named.length > 5)
  assert.deepEqual(
    named.map(([, title]) => title).filter((title) => title !== undefined && !there.has(title)),
    [],
  )
})

test('ingest is started with the same settings of malloc in the image and by npm', () => {
  const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
  const values = Object.entries(MALLOC_SETTINGS)
  for (const [name, value] of values) {
    assert.ok(read('Dockerfile').includes(`${name}=${value}`), `Dockerfile: ${name}`)
    assert.ok(read('tools/run.mjs').includes(`${name}: '${value}'`), `tools/run.mjs: ${name}`)
  }
})
