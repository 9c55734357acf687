import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundlesOf } from './test-bundles.ts'

const numbered = (folder: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => `${folder}/${n}.test.ts`)

test('the files of a package run together, no more than twenty-five, and each once', () => {
  const files = [
    ...numbered('packages/a/src', 60),
    ...numbered('services/b/src/c', 2),
    'tools/d.test.ts',
    'cli/src/e.test.ts',
  ]
  const { bundles, apart } = bundlesOf(files, () => "test('t', () => {})")
  assert.deepEqual(
    bundles.map(({ name, files: of }) => [name, of.length]),
    [
      ['packages-a-1', 20],
      ['packages-a-2', 20],
      ['packages-a-3', 20],
      ['services-b-1', 2],
      ['tools-1', 1],
      ['cli-1', 1],
    ],
  )
  assert.deepEqual(new Set(bundles.flatMap(({ files: of }) => of)), new Set(files))
  assert.deepEqual(apart, [])
})

test('what does something to its whole process has one of its own', () => {
  const texts = [
    'before(async () => {})',
    'afterEach(() => {})',
    "setFlagsFromString('--expose-gc')",
    'const before = process.cpuUsage()',
    'process.memoryUsage.rss()',
  ]
  for (const text of texts) {
    const { bundles, apart } = bundlesOf(['a/src/b.test.ts'], () => `import x from 'y'\n${text}\n`)
    assert.deepEqual([bundles, apart], [[], ['a/src/b.test.ts']], text)
  }
  assert.deepEqual(bundlesOf(['a/src/b.test.ts'], () => '  t.before(() => {})').apart, [])
})
