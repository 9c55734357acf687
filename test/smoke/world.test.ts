import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

test('what operators and other producers do, a few cases of it, loses and hides nothing', async () => {
  const args = ['chaos/main.ts', '--world', '--short', '--again', '--seed', '1']
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  let report = ''
  child.stdout.on('data', (chunk: Buffer) => (report += chunk.toString()))
  await once(child, 'close')
  assert.equal(child.exitCode, 0, report)
  assert.match(report, /^GREEN: [1-9]/m, report)
})
