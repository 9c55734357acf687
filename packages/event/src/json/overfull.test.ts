import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isOverfull, MAX_EVENT_KEYS, findOverfull } from './overfull.ts'

const object = (count: number, prefix = 'k'): string =>
  `{${Array.from({ length: count }, (_, n) => `"${prefix}${n}":0`).join()}}`

test('of a body those events are found that hold too many keys, or all of it', () => {
  const table: readonly (readonly [string, readonly string[] | 'event' | 'envelope'])[] = [
    [object(3), []],
    [object(4), 'event'],
    [` \n${object(4)}\t`, 'event'],
    [`[${object(4)}]`, [object(4)]],
    [
      `[${object(3)},${object(4)},1,[${object(4)}],"x",${object(3)}]`,
      [object(4), `[${object(4)}]`],
    ],
    [`{"batch":[${object(3)},${object(4)}],"a":0}`, [object(4)]],
    [`{"a":0,"events" : [ ${object(4)} ]}`, [object(4)]],
    [
      `{"batch":[{"a":${object(2)},"b":[${object(2)}]}]}`,
      [`{"a":${object(2)},"b":[${object(2)}]}`],
    ],
    [`{"list":[${object(2)},${object(2)}]}`, 'event'], // what is no list of events counts as one
    [`{"batch":[0],"a":${object(3)}}`, 'envelope'],
    [`{"batch":{"batch":[${object(4)}]}}`, 'event'],
    [`{"batch":[${object(3)}],"list":[${object(1)}]}`, []],
    [`{"\\u0062atch":[${object(3)},${object(4)}]}`, [object(4)]],
    // No JSON: what reads it says where.
    [`${object(2)}\n${object(2)}`, []],
    [`[${object(1)},${object(4)}`, [object(4)]],
    [`{a:1,b:2,c:3,d:4}`, []],
    ['a: 1\nb: 2\nc: 3\nd: 4', []],
    [`{"a":1,"b":2,"c":3,"d":4`, []],
    [':'.repeat(40), []],
    [`["${':'.repeat(99)}",{"${':'.repeat(99)}":"\\":":0}]`, []],
  ]
  for (const [text, expected] of table) {
    const { events, body } = findOverfull(text, 3)
    const found = events.map(({ start, end }) => text.slice(start, end))
    assert.deepEqual(body ?? found, expected, text)
  }
})

test('of any list of events those are found whose values have too many keys', () => {
  const keysOf = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) return 0
    const inner = Object.values(value).map(keysOf)
    return inner.reduce((sum, keys) => sum + keys, Array.isArray(value) ? 0 : inner.length)
  }
  const unusual = fc.constantFrom('"', '\\', '[', '{', ':', '\\"', ']', '}', 'batch', '😀')
  const events = fc.array(fc.jsonValue({ maxDepth: 4, stringUnit: unusual }), { minLength: 1 })
  const shape = fc.constantFrom<(list: readonly unknown[]) => unknown>(
    (list) => list,
    (batch) => ({ batch }),
    (list) => ({ events: list, sentAt: ':' }),
  )
  fc.assert(
    fc.property(events, shape, fc.constantFrom(0, 1), (list, wrap, space) => {
      const text = JSON.stringify(wrap(list), null, space)
      const found = findOverfull(text, 2).events.map(({ start, end }) =>
        JSON.parse(text.slice(start, end)),
      )
      assert.deepEqual(
        found,
        list.map((each) => JSON.parse(JSON.stringify(each))).filter((each) => keysOf(each) > 2),
      )
    }),
  )
})

test('an event may have as many keys as its three parts together, and its own', () => {
  assert.ok(MAX_EVENT_KEYS > 3_000)
  assert.equal(isOverfull(object(MAX_EVENT_KEYS)), false)
  assert.equal(isOverfull(object(MAX_EVENT_KEYS + 1)), true)
  assert.equal(isOverfull(`{"a":"${':'.repeat(100_000)}"}`), false)
  assert.equal(findOverfull(object(MAX_EVENT_KEYS)).body, null)
})

test('a long name before a million lists is not looked through a million times', () => {
  const text = `{"${'a'.repeat(2_500_000)}"${'[]'.repeat(1_200_000)}`
  const startedAt = performance.now()
  assert.deepEqual(findOverfull(text), { events: [], body: null })
  assert.ok(performance.now() - startedAt < 5_000) // hours, if it were
})
