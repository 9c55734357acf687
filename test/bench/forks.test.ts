import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { WORKSHOP_OF_COPY } from '../../bench/forks/benches.ts'
import { forks } from '../../bench/forks/index.ts'
import { countLines } from '../../bench/forks/lines.ts'
import { applyEdits, copyRepository, editProblems, undoEdits } from '../../tools/patched-copy.ts'

const ANSWERS = 'bench/forks/answers.fixture.ts'

test('every fork still finds what it takes away, and the lines that would go with it', () => {
  for (const { name, lines, loads, without, why } of forks) {
    assert.deepEqual(editProblems(without), [], name)
    assert.ok(without.length > 0 && loads.length > 0 && why !== '', name)
    assert.ok(countLines(lines) > 0, name)
  }
})

test('without any one of its shortcuts ingest gives the same answers and makes the same records', () => {
  const expected = answersIn(process.cwd())
  assert.match(expected, /"isIdSound":true/)
  const folder = copyRepository(WORKSHOP_OF_COPY) // one: Node keeps what it has compiled by the path of a file
  try {
    for (const { name, without } of forks) {
      applyEdits(folder, without)
      assert.equal(answersIn(folder), expected, name)
      undoEdits(folder, without)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

function answersIn(cwd: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [ANSWERS], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 * 1_024 ** 2,
  })
  assert.equal(status, 0, stderr)
  return stdout
}
