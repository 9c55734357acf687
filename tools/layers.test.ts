import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ImportGraph } from './import-graph.ts'
import { ROOMS, roomProblems } from './ingest-rooms.ts'
import { layerProblems } from './layers.ts'

/** `a -> b` imports by a path, `a => b` by name; a file alone imports nothing. */
function graphOf(...lines: readonly string[]): ImportGraph {
  const graph = new Map<string, { to: string; isByName: boolean }[]>()
  for (const line of lines) {
    const [from = '', arrow = '', to = ''] = line.split(' ')
    const imports = graph.get(from) ?? []
    if (to !== '') imports.push({ to, isByName: arrow === '=>' })
    graph.set(from, imports)
    if (to !== '' && !graph.has(to)) graph.set(to, [])
  }
  return graph
}

const problemsOf = (...lines: readonly string[]) => layerProblems(graphOf(...lines), [])

test('an import goes down the ranks, and only by the name of a package', () => {
  const down = 'services/consumer/src/start.ts => packages/kafka/src/index.ts'
  assert.deepEqual(problemsOf(down), [])
  assert.deepEqual(problemsOf('packages/kafka/src/a.ts => cli/src/index.ts'), [
    'packages/kafka/src/a.ts -> cli/src/index.ts: cli is not below packages/kafka',
  ])
  assert.deepEqual(problemsOf('packages/codec/src/a.ts => packages/kafka/src/index.ts'), [
    'packages/codec/src/a.ts -> packages/kafka/src/index.ts: packages/kafka is not below packages/codec',
  ])
  assert.deepEqual(problemsOf('embedded/src/a.ts -> tools/start.ts'), [
    'embedded/src/a.ts -> tools/start.ts: tools is not below embedded',
  ])
  assert.deepEqual(problemsOf('cli/src/a.ts -> packages/kafka/src/records.ts'), [
    'cli/src/a.ts -> packages/kafka/src/records.ts: not exported by packages/kafka',
  ])
})

test('services do not know each other', () => {
  assert.deepEqual(problemsOf('services/consumer/src/a.ts => services/ingest/src/index.ts'), [
    'services/consumer/src/a.ts -> services/ingest/src/index.ts: services/ingest is not below services/consumer',
  ])
})

test('the workshop uses names, too, but for exceptions that something needs', () => {
  const line = 'tools/generate.ts -> cli/src/config.ts'
  assert.deepEqual(problemsOf(line, 'tools/a.ts -> bench/b.ts'), [`${line}: not exported by cli`])
  const exception = { from: 'tools/generate.ts', to: 'cli/', reason: 'tables' }
  assert.deepEqual(layerProblems(graphOf(line), [exception]), [])
  assert.deepEqual(layerProblems(graphOf('tools/generate.ts'), [exception]), [
    'tools/generate.ts -> cli/: an exception that nothing needs',
  ])
})

test('what is there for tests is for tests', () => {
  for (const to of ['testing/fake.ts', 'producer/a.test.ts', 'producer/a.fixture.ts']) {
    const [from, other] = ['packages/kafka/src/producer/a.ts', `packages/kafka/src/${to}`]
    assert.deepEqual(problemsOf(`${from} -> ${other}`), [
      `${from} -> ${other}: the product needs what is there for tests`,
    ])
    assert.deepEqual(problemsOf(`${other} -> packages/kafka/src/testing/b.ts`), [])
  }
  assert.deepEqual(problemsOf('packages/kafka/src/a.test.ts -> test/support/eventually.ts'), [])
})

test('no file imports its importer, however far round', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => `cli/src/${name}.ts`)
  assert.deepEqual(problemsOf(`${a} -> ${b}`, `${b} -> ${c}`, `${a} -> ${c}`), [])
  assert.deepEqual(problemsOf(`${a} -> ${b}`, `${b} -> ${c}`, `${c} -> ${b}`), [
    `${b} -> ${c} -> ${b}: a circle`,
  ])
})

test('a folder holds 14 files at most, tests not counted', () => {
  const files = Array.from({ length: 14 }, (_, n) => `cli/src/replay/f${n}.ts`)
  assert.deepEqual(problemsOf(...files, 'cli/src/replay/f1.test.ts'), [])
  assert.deepEqual(problemsOf(...files, 'cli/src/replay/f14.ts'), [
    'cli/src/replay: 15 files, at most 14',
  ])
})

test('every package has a rank', () => {
  assert.deepEqual(problemsOf('packages/new/src/index.ts'), [
    'packages/new: has no rank in tools/layers.ts',
  ])
})

test('rooms of ingest import the rooms below them that their row names', () => {
  const root = 'services/ingest/src'
  assert.deepEqual(problemsOf(`${root}/track/a.ts -> ${root}/response/b.ts`), [])
  assert.deepEqual(problemsOf(`${root}/response/b.ts -> ${root}/track/a.ts`), [
    `${root}/response/b.ts -> ${root}/track/a.ts: response may not import track`,
  ])
  assert.deepEqual(problemsOf(`${root}/attic/a.ts`), [
    `${root}/attic/a.ts: attic is no room of tools/ingest-rooms.ts`,
  ])
  assert.deepEqual(roomProblems(graphOf(), { ...ROOMS, response: 'track' }), [
    `${root}/response: its row names track, which does not stand above it`,
  ])
})
