import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { eventually } from '../../test/support/eventually.ts'
import { countCalls, INSPECTED, namesOf } from './coverage.ts'
import { passedFiles, passedText, valueImports } from './files.ts'

const SOURCES = new Map([
  [
    'services/ingest/src/app.ts',
    "import { take } from './take.ts'\nimport { tell } from './tell.ts'\n",
  ],
  ['services/ingest/src/take.ts', "import { tell } from './tell.ts'\n"],
  ['services/ingest/src/tell.ts', "import type { take } from './take.ts'\n"],
])

test('a file is passed when a function of it ran for every event', () => {
  const rounds = [
    new Set(['services/ingest/src/take.ts:take', 'services/ingest/src/tell.ts:tell']),
    new Set([
      'services/ingest/src/take.ts:take',
      'services/ingest/src/tell.ts:tell',
      'services/ingest/src/app.ts:timer',
    ]),
  ]
  const files = passedFiles(rounds, new Set(['services/ingest/src/tell.ts:tell']), SOURCES)
  assert.deepEqual(
    files.map(({ file, lines, functions, callers, isAlsoIdle }) => {
      return { file, lines, functions, callers: callers.length, isAlsoIdle }
    }),
    [
      {
        file: 'services/ingest/src/take.ts',
        lines: 1,
        functions: 1,
        callers: 1,
        isAlsoIdle: false,
      },
      { file: 'services/ingest/src/tell.ts', lines: 1, functions: 1, callers: 2, isAlsoIdle: true },
    ],
  )
  assert.match(passedText('ingest', files), /^ingest: 2 functions in 2 files, 2 without packages/)
})

test('who imports only types of a file is no caller of it', () => {
  const text = `import type { A } from './a.ts'
import { type B, type C } from './b.ts'
import { type D, e } from './d.ts'
import {
  type F,
  g,
} from './f.ts'
export { h } from './h.ts'
export type { I } from './i.ts'
import './j.ts'
import k from './k.ts'
import { other } from 'node:fs'
`
  assert.deepEqual(valueImports(text), ['./d.ts', './f.ts', './h.ts', './j.ts', './k.ts'])
})

test('what V8 counted is told by file and function, of this repository only', () => {
  const script = (path: string, ...functions: readonly (readonly [string, number])[]) => ({
    url: pathToFileURL(resolve(path)).href,
    functions: functions.map(([functionName, count]) => ({
      functionName,
      ranges: [{ startOffset: 7, endOffset: 9, count }],
    })),
  })
  const answer = {
    result: [
      script('packages/event/src/a.ts', ['ran', 2], ['slept', 0], ['', 1]),
      script('node_modules/kafkajs/index.js', ['ran', 1]),
      { url: 'node:internal/timers', functions: [] },
    ],
  }
  assert.deepEqual(
    [...namesOf(answer)],
    ['packages/event/src/a.ts:ran', 'packages/event/src/a.ts:at 7'],
  )
})

test('a process that runs is asked which functions it has called since', async () => {
  using resources = new DisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'way-'))
  resources.defer(() => rmSync(folder, { recursive: true }))
  const logFile = join(folder, 'log')
  const log = openSync(logFile, 'a')
  const child = spawn(
    process.execPath,
    ['-e', "import('./tools/longest-first.ts').then((it) => setInterval(it.longestFirst, 5, []))"],
    { env: { ...process.env, ...INSPECTED }, stdio: ['ignore', log, log] },
  )
  resources.defer(() => void child.kill('SIGKILL'))
  closeSync(log)
  await using coverage = await countCalls(logFile)
  await eventually(async () => {
    const called = [...(await coverage.take())]
    assert.ok(called.includes('tools/longest-first.ts:longestFirst'), called.join())
  })
})
