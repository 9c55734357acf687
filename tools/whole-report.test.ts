import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const FILES = 12
const TESTS_OF_A_FILE = 300
const RUNNER = `
import { run } from 'node:test'
const [preload, ...files] = process.argv.slice(2)
let passed = 0
const tests = run({ files, concurrency: 4, forceExit: true, execArgv: ['--import', preload] })
tests.on('test:pass', ({ name }) => { if (name.startsWith('verdict')) passed += 1 })
// Busy, as who writes a report: else the pipes never fill up.
tests.on('data', () => { for (let spin = 0; spin < 30_000; spin++); })
tests.on('end', () => console.log(passed))
`

test('every verdict of tests whose process is ended is heard', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-verdicts-'))
  try {
    const tests = Array.from(
      { length: TESTS_OF_A_FILE },
      (_, n) => `test('verdict ${n} ${'x'.repeat(60)}', () => {})`,
    )
    const files = Array.from({ length: FILES }, (_, n) => join(folder, `${n}.mjs`))
    for (const file of files) {
      writeFileSync(file, ["import { test } from 'node:test'", ...tests].join('\n'))
    }
    const runner = join(folder, 'runner.mjs')
    writeFileSync(runner, RUNNER)
    const preload = new URL('whole-report.mjs', import.meta.url).href
    // Else Node takes it for a test of this one, and runs nothing.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const run = promisify(execFile)
    const { stdout } = await run(process.execPath, [runner, preload, ...files], { env })
    assert.equal(stdout.trim(), String(FILES * TESTS_OF_A_FILE))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
