// The rules of deploy/prometheus, tried by Prometheus itself; what they ask for is held against ours in tools/alerts.test.ts.
import { execFile, spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'

const TESTS = globSync('deploy/prometheus/tests/*.yml').toSorted()
/** It makes much garbage and ends soon: collecting less of it saves a fifth of its time. */
const env = { ...process.env, GOGC: '400' }

const promtool = spawnSync('promtool', ['--version'])
const why =
  promtool.status === 0
    ? false
    : 'SKIPPED: no promtool on this machine (tools/install-test-extras.sh installs it): no alert was tried'

for (const file of TESTS) {
  test(`promtool sees the alerts fire and be quiet: ${file}`, { skip: why }, async () => {
    await promisify(execFile)('promtool', ['test', 'rules', file], { env }) // rejects with what it said
  })
}
