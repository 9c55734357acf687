import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../../../../test/support/eventually.ts'
import { createIngestMetrics } from '../metrics.ts'
import { openPlanFolder } from './plan-folder.ts'
import { eventText, startTestIngest } from '../testing/test-support.ts'

const CHECK_MS = 5

const planText = (event: string, type: string): string =>
  JSON.stringify({ 'x-event': event, type: 'object', properties: { a: { type } } })

function world(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'plans-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const lines: string[] = []
  const log = createLogger(
    { service: 'test', level: 'info' },
    { write: (line) => void lines.push(line) },
  )
  const metrics = createIngestMetrics()
  const write = (name: string, text: string): void => {
    writeFileSync(join(dir, `${name}.new`), text)
    renameSync(join(dir, `${name}.new`), join(dir, name)) // never seen half-written
  }
  const open = () =>
    openPlanFolder({
      dir,
      rules: { defaultMode: 'enforce', unplanned: 'allow' },
      metrics,
      log,
      checkMs: CHECK_MS,
    })
  const valueOf = async (
    metric: typeof metrics.plansLoaded | typeof metrics.planReads,
  ): Promise<number | undefined> => (await metric.get()).values[0]?.value
  return { dir, lines, metrics, write, open, valueOf }
}

test('a changed plan judges the next request; a bad one is told once and all old plans stay', async (t) => {
  const { lines, metrics, write, open, valueOf } = world(t)
  write('a.json', planText('feature_used', 'string'))
  using plans = await open()
  await using ingest = await startTestIngest({ plans })
  const statusOf = async (a: unknown) =>
    (await ingest.post(eventText({ properties: { a } }))).status
  assert.deepEqual([await statusOf('x'), await statusOf(1)], [200, 400])
  const version = await valueOf(metrics.plansVersion)

  write('b.json', '{"x-event":"b","type":"object","properties":{"c":{"typ":1}}}')
  write('a.json', planText('feature_used', 'integer'))
  await eventually(() => assert.match(lines.join(), /tracking plans refused: the old ones stay/))
  assert.match(lines.join(), /b\.json \/properties\/c\/typ: expected a keyword that plans may use/)
  assert.deepEqual([await statusOf('x'), await statusOf(1)], [200, 400])
  assert.equal(await valueOf(metrics.plansVersion), version)

  write('b.json', planText('b', 'string'))
  await eventually(async () => {
    assert.deepEqual([await statusOf('x'), await statusOf(1)], [400, 200])
  })
  assert.equal(await valueOf(metrics.plansLoaded), 2)
  assert.notEqual(await valueOf(metrics.plansVersion), version)
})

test('a folder that disappears is told once, and its plans stay', async (t) => {
  const { dir, lines, metrics, write, open } = world(t)
  write('a.json', planText('feature_used', 'string'))
  using plans = await open()
  renameSync(dir, `${dir}-away`)
  await eventually(() => assert.match(lines.join(), /ENOENT[^\n]*scandir/))
  assert.equal(plans.current.plans.length, 1)
  renameSync(`${dir}-away`, dir)
  write('b.json', planText('b', 'string'))
  await eventually(() => assert.equal(plans.current.plans.length, 2))
  assert.equal(lines.filter((line) => line.includes('scandir')).length, 1)
  const { values } = await metrics.planReads.get()
  assert.deepEqual(
    values.map(({ labels, value }) => [labels['outcome'], value > 0]),
    [
      ['loaded', true],
      ['refused', true],
    ],
  )
})

test('only files that changed are compiled again', async (t) => {
  const { write, open } = world(t)
  write('a.json', planText('a', 'string'))
  write('b.json', planText('b', 'string'))
  using plans = await open()
  const [before] = plans.current.plans
  write('b.json', planText('b', 'integer'))
  const old = plans.current
  await eventually(() => assert.notEqual(plans.current, old))
  assert.equal(plans.current.plans[0], before)
})

test('at start a bad plan is an error with every problem', async (t) => {
  const { write, open } = world(t)
  write('a.json', '{')
  write('b.json', '[]')
  await assert.rejects(open(), /a\.json[^]*b\.json/)
})

test('a folder that is just being filled anew is not taken in part', async (t) => {
  const { dir, metrics, write, open, valueOf } = world(t)
  write('a.json', planText('a', 'string'))
  write('b.json', planText('b', 'string'))
  t.mock.timers.enable({ apis: ['setInterval'] })
  using plans = await open()
  rmSync(join(dir, 'a.json'))
  rmSync(join(dir, 'b.json'))
  t.mock.timers.tick(CHECK_MS)
  await delay(100) // the look is over
  assert.equal(plans.current.plans.length, 2)
  write('a.json', planText('a', 'integer'))
  write('b.json', planText('b', 'string'))
  await eventually(async () => {
    t.mock.timers.tick(CHECK_MS)
    await delay(20)
    assert.equal(await valueOf(metrics.planReads), 2)
  })
  assert.equal(plans.current.plans.length, 2)
})
