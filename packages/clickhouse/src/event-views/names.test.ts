import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assignNames, columnName, viewName } from './names.ts'

const base = new Set(['timestamp', 'properties'])

for (const [event, expected] of [
  ['feature_used', /^event_feature_used$/],
  ['Order Completed', /^event_order_completed$/],
  ['$pageview', /^event_pageview$/],
  ["'; DROP TABLE events; --", /^event_drop_table_events_$/],
  ['select', /^event_select$/],
  ['Bestätigt', /^event_bestatigt$/],
  ['größe', /^event_gro_e_[0-9a-f]{8}$/],
  ['機能を使った', /^event_[0-9a-f]{8}$/],
  ['👍', /^event_[0-9a-f]{8}$/],
  ['\0\n\\`', /^event_[0-9a-f]{8}$/],
  ['x'.repeat(200), /^event_x{60}_[0-9a-f]{8}$/],
] as const) {
  test(`an event is viewed by a name of letters that need no quotes: ${JSON.stringify(event).slice(0, 40)}`, () => {
    assert.match(viewName(event), expected)
  })
}

for (const [property, expected] of [
  ['featureName', /^featureName$/],
  ['a.b', /^a_b$/],
  ['it\'s "quoted" \\', /^it_s_quoted_$/],
  ['timestamp', /^property_timestamp$/],
  ['7days', /^property_7days$/],
  ['_part', /^part$/],
  ['from', /^from$/],
  ['価格', /^[a-z0-9_]*[0-9a-f]{8}$/],
] as const) {
  test(`a property has a column that is no other's: ${property}`, () => {
    assert.match(columnName(property, base), expected)
  })
}

const free = { nameByKey: new Map<string, string>(), taken: new Set<string>() }

test('of several keys that want one name it goes to the one that is spelt so', () => {
  const names = assignNames(['Feature Used', 'feature-used', 'feature_used'], viewName, free)
  assert.equal(names.get('feature_used'), 'event_feature_used')
  assert.match(names.get('Feature Used') ?? '', /^event_feature_used_[0-9a-f]{8}$/)
  assert.equal(new Set(names.values()).size, 3)
})

test('a name that a key has stays with it, whoever comes', () => {
  const nameByKey = new Map([['Feature Used', 'event_feature_used']])
  const names = assignNames(['feature_used', 'Feature Used'], viewName, { ...free, nameByKey })
  assert.equal(names.get('Feature Used'), 'event_feature_used')
  assert.match(names.get('feature_used') ?? '', /^event_feature_used_[0-9a-f]{8}$/)
})

test('a name that is taken is nobody else’s, not even of whom it would fit', () => {
  const taken = new Set(['event_a'])
  const names = assignNames(['a'], viewName, { ...free, taken })
  assert.match(names.get('a') ?? '', /^event_a_[0-9a-f]{8}$/)
})

test('the order of the keys changes no name', () => {
  const keys = ['a.b', 'a_b', 'a b', 'a-b', 'timestamp', 'property_timestamp']
  const one = assignNames(keys, (key) => columnName(key, base), free)
  const other = assignNames(keys.toReversed(), (key) => columnName(key, base), free)
  assert.equal(one.get('a_b'), 'a_b')
  assert.equal(one.get('property_timestamp'), 'property_timestamp')
  assert.deepEqual(Object.fromEntries(one), Object.fromEntries(other))
})
