import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readScenarios } from '../../chaos/world/prove.ts'
import { renderJson, renderTable } from '../../chaos/world/report.ts'
import type { Scenario } from '../../chaos/world/scenario.ts'
import type { Verdict } from '../../chaos/world/try.ts'
import { until } from '../../chaos/world/until.ts'

test('every scenario stands in the file that is named after it, and no two have a name', async () => {
  const names = (await readScenarios()).map(({ kind, name }) => `${kind} ${name}`)
  assert.ok(names.length >= 10)
  assert.equal(new Set(names).size, names.length)
})

test('what is tried until it works says how long it took, or what went wrong last', async () => {
  let attempts = 0
  const third = (): number => {
    attempts += 1
    if (attempts < 3) throw new Error(`attempt ${attempts}`)
    return attempts
  }
  assert.equal((await until(third, { withinMs: 5_000, everyMs: 1 })).value, 3)
  const never = (): never => {
    throw new Error('never')
  }
  await assert.rejects(until(never, { withinMs: 20, everyMs: 5 }), /never/)
  const signal = AbortSignal.abort()
  await assert.rejects(until(never, { withinMs: 60_000, signal }), /never/)
})

const scenario: Scenario = { name: 'example', kind: 'K2', needs: 'plain', run: async () => {} }

test('a table and JSON tell which scenarios are red, and why', () => {
  const green: Verdict = {
    scenario,
    isGreen: true,
    seconds: 1.25,
    notReadyMs: 812,
    detail: '',
    folder: '/tmp/green',
  }
  const red: Verdict = { ...green, isGreen: false, notReadyMs: null, detail: 'a | b' }
  const summary = { seed: 7, seconds: 3, repository: null, verdicts: [green, red] }
  const table = renderTable(summary)
  assert.match(table, /\| example \| K2 \| green \| 1\.[23] \| 812 ms \| {2}\|/)
  assert.match(table, /\| example \| K2 \| \*\*RED\*\* \| 1\.[23] \| {2}\| a \\\| b \|/)
  assert.match(table, /^RED: 1 of 2 scenarios hold, in 3 s; seed 7$/m)
  const parsed = JSON.parse(renderJson(summary)) as { scenarios: readonly { isGreen: boolean }[] }
  assert.deepEqual(
    parsed.scenarios.map(({ isGreen }) => isGreen),
    [true, false],
  )
})
