// Long by itself, on servers of its own: a short day of `npm run drill -- scaling`.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

test('over a short day consumers become four and more, and one again, without flapping, and nothing is lost', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['chaos/drills/main.ts', 'scaling', '--minutes', '1', '--seed', '11'],
    { encoding: 'utf8', timeout: 360_000 },
  )
  assert.equal(status, 0, `${stdout}\n${stderr.slice(-5_000)}`)
  assert.match(stdout, /accepted and lost \| ≤ 0 \| 0 \| yes/)
})
