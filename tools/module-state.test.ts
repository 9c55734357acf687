import assert from 'node:assert/strict'
import { test } from 'node:test'
import { moduleStateProblems } from './module-state.ts'

const FILE = 'packages/event/src/some.ts'
const namesIn = (text: string, path = FILE): readonly string[] =>
  moduleStateProblems(path, text).map((line) => line.split(' ')[1] ?? '')

test('what a module keeps and changes is found, however it is changed', () => {
  const kept = {
    'let count = 0': 'count',
    'export var last = 1': 'last',
    'const SCRATCH = new Int32Array(9)': 'SCRATCH',
    'const room: Buffer = Buffer.allocUnsafe(9)': 'room',
    'const pool = { used: 0 }\nfunction take() {\n  pool.used += 1\n}': 'pool',
    'const pool = { used: 0 }\nfunction take() {\n  Object.assign(pool, { used: 1 })\n}': 'pool',
    'const seen = new Map<string, number>()\nfunction see() {\n  seen.set("a", 1)\n}': 'seen',
    'const list: string[] = []\nexport const add = () => {\n  list.push("a")\n}': 'list',
    'const cells = [0]\nfunction put() {\n  cells[0] = 1\n}': 'cells',
  }
  for (const [text, name] of Object.entries(kept)) assert.deepEqual(namesIn(text), [name], text)
})

test('a constant is no state, nor is what a function keeps for those who called it', () => {
  for (const text of [
    "const WORDS = new Set(['true'])\nconst isWord = (word: string) => WORDS.has(word)",
    'const NOTHING = Buffer.alloc(0)',
    'const POWERS = Array.from({ length: 9 })\nfor (const at of POWERS.keys()) POWERS[at] = at',
    'function make() {\n  let count = 0\n  const seen = new Set()\n  seen.add(count)\n}',
  ]) {
    assert.deepEqual(namesIn(text), [], text)
  }
  const text = 'let count = 0'
  assert.deepEqual(namesIn(text, 'packages/event/src/some.test.ts'), [])
  assert.deepEqual(namesIn(text, 'chaos/some.ts'), [])
})
