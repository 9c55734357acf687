import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { findSealable } from './find-sealable.ts'
import { openProperties, sealProperties } from './seal-properties.ts'
import { createSealValue, openValue, SCOPE_LETTER, type SealingKey } from './sealed-text.ts'
import { sealTreeOf, type SealMark, type SealScope, type SealTree } from './seal-tree.ts'

const newKey = (scope: SealScope): SealingKey => ({
  id: SCOPE_LETTER[scope] + randomBytes(16).toString('base64url'),
  secret: createSecretKey(randomBytes(32)),
})
const KEYS = { person: newKey('person'), account: newKey('account') }
const KEY_BY_ID = new Map(Object.values(KEYS).map((key) => [key.id, key]))
const sealValue = createSealValue()

const treeOf = (...marks: readonly SealMark[]): SealTree => sealTreeOf(marks) ?? new Map()
const EMAIL = treeOf({ path: ['email'], scope: 'person' })

function seal(properties: string, tree: SealTree, eventId = 'e-1'): string {
  const sealable = findSealable(properties, tree)
  return sealProperties(properties, sealable, {
    sealValue,
    keyOf: (scope) => KEYS[scope],
    eventId,
  })
}

const open = (sealed: string, eventId = 'e-1'): string => openProperties(sealed, KEY_BY_ID, eventId)

test('a value of any kind is sealed and opened byte for byte; everything else stays as it was', () => {
  const values = [
    '"a@b.c"',
    '""',
    '"\\u00e9é😀\\n\\""',
    '0',
    '-1.50e2',
    '9007199254740993',
    'true',
    'false',
    '[1, {"a" : null}]',
    '{"b":{"c":[]}}',
    '{}',
  ]
  for (const value of values) {
    const properties = `{ "plan" : "pro", "email" :\t${value} , "n":1.0 }`
    const sealed = seal(properties, EMAIL)
    assert.match(
      sealed,
      /^\{ "plan" : "pro", "email" :\t"sealed:v1:p[\w-]{22}:[\w-]{39,}" , "n":1\.0 \}$/,
    )
    assert.equal(open(sealed), properties, value)
  }
})

test('what is null, absent or empty is not sealed', () => {
  for (const properties of [
    '{}',
    '{"email":null}',
    '{"other":{"email":"a@b.c"}}',
    '{"email" : null , "a":1}',
  ]) {
    assert.equal(seal(properties, EMAIL), properties)
  }
})

test('the same value is sealed differently each time', () => {
  const properties = '{"email":"a@b.c"}'
  assert.notEqual(seal(properties, EMAIL), seal(properties, EMAIL))
})

test('marks lie at any depth; what is no object where they go on is sealed as a whole', () => {
  const tree = treeOf(
    { path: ['person', 'mail'], scope: 'person' },
    { path: ['person', 'company', 'iban'], scope: 'account' },
  )
  const shape = (properties: string): string =>
    seal(properties, tree).replaceAll(/"sealed:v1:(.)[^"]*"/g, '<$1>')
  assert.equal(
    shape('{"person":{"mail":1,"name":"x","company":{"iban":"DE","at":2}}}'),
    '{"person":{"mail":<p>,"name":"x","company":{"iban":<a>,"at":2}}}',
  )
  assert.equal(shape('{"person":{"company":["DE"]}}'), '{"person":{"company":<a>}}')
  assert.equal(shape('{"person":"Joe"}'), '{"person":<p>}')
  assert.equal(shape('{"person":null}'), '{"person":null}')
})

test('a mark on the whole holds what is marked deeper, whoever is named first', () => {
  const marks: readonly SealMark[] = [
    { path: ['person', 'mail'], scope: 'account' },
    { path: ['person'], scope: 'person' },
  ]
  for (const tree of [treeOf(...marks), treeOf(...marks.toReversed())]) {
    const properties = '{"person":{"mail":1}}'
    assert.match(seal(properties, tree), /^\{"person":"sealed:v1:p[^"]*"\}$/)
    assert.equal(open(seal(properties, tree)), properties)
  }
})

test('sealed text opens nowhere else: another event, property, key, or a changed byte', () => {
  const key = KEYS.person
  const place = { name: 'email', eventId: 'e-1' }
  const sealed = sealValue('"a@b.c"', key, place).slice(1, -1)
  assert.equal(openValue(sealed, key, place), '"a@b.c"')
  assert.equal(openValue(sealed, key, { ...place, eventId: 'e-2' }), null)
  assert.equal(openValue(sealed, key, { ...place, name: 'mail' }), null)
  assert.equal(openValue(sealed, { ...newKey('person'), id: key.id }, place), null)
  assert.equal(openValue(sealed, newKey('person'), place), null)
  const at = sealed.lastIndexOf(':') + 1
  for (let index = at; index < sealed.length - 1; index += 1) {
    const other = sealed[index] === 'A' ? 'B' : 'A'
    const changed = sealed.slice(0, index) + other + sealed.slice(index + 1)
    assert.equal(openValue(changed, key, place), null, `byte ${index}`)
  }
  for (const short of ['', 'sealed:v1:', sealed.slice(0, at), sealed.slice(0, at + 38)]) {
    assert.equal(openValue(short, key, place), null)
  }
})

test('text of a client that looks sealed is sealed where anything is, and comes out as it was sent', () => {
  const ours = seal('{"email":"a@b.c"}', EMAIL)
  const [text = ''] = /"sealed[^"]*"/.exec(ours) ?? []
  const properties = `{"note":${text},"email":"x","in":{"deep":[{"a":${text}},"[{"]},"list":[${text}],"email2":${text}}`
  const sealed = seal(properties, EMAIL)
  assert.equal(open(sealed), properties)
  const [first] = /:\s*"sealed:v1:[^"]*/.exec(sealed) ?? []
  assert.ok(first !== undefined && !first.includes(text.slice(1, -1)), 'the first is ours')
  // In a marked property it is a value like any other, and opened once only.
  const marked = `{"email":${text}}`
  assert.equal(open(seal(marked, EMAIL)), marked)
  // Where nothing is sealed, it is left alone, and does not open.
  const copied = `{"other":${text}}`
  assert.equal(seal(copied, EMAIL), copied)
  assert.equal(open(copied, 'e-2'), copied)
})

test('without its key a value stays sealed text, and the others open', () => {
  const tree = treeOf({ path: ['a'], scope: 'person' }, { path: ['b'], scope: 'account' })
  const sealed = seal('{"a":1,"b":2}', tree)
  const opened = openProperties(sealed, new Map([[KEYS.account.id, KEYS.account]]), 'e-1')
  assert.match(opened, /^\{"a":"sealed:v1:p[^"]*","b":2\}$/)
})

const name = fc.constantFrom('email', 'person', 'a', 'é"\\', '', 'sealed:v1:', '__proto__')
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('sealed:v1:', 'sealed:v1:p', '": "sealed:v1:'),
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.constantFrom(null, true, 0, -1.5),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))
const mark: fc.Arbitrary<SealMark> = fc.record({
  path: fc.array(name, { minLength: 1, maxLength: 3 }),
  scope: fc.constantFrom('person', 'account'),
})

test('whatever is sent and marked: opening gives the very text, and no marked value is left in it', () => {
  fc.assert(
    fc.property(
      fc.dictionary(name, value, { noNullPrototype: true }),
      fc.array(mark, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(undefined, 1, '\t'),
      (properties, marks, space) => {
        const sent = JSON.stringify(properties, null, space)
        const sealed = seal(sent, treeOf(...marks))
        assert.equal(open(sealed), sent)
        const parsed: unknown = JSON.parse(sealed) // still JSON
        for (const { path } of marks) assertSealed(parsed, path)
      },
    ),
    { numRuns: 3_000 },
  )
})

function assertSealed(found: unknown, path: readonly string[]): void {
  const [key, ...deeper] = path
  if (key === undefined || typeof found !== 'object' || found === null) return
  const inner: unknown = Object.hasOwn(found, key)
    ? Object.getOwnPropertyDescriptor(found, key)?.value
    : null
  if (inner === null) return
  if (deeper.length > 0 && typeof inner === 'object' && !Array.isArray(inner)) {
    return assertSealed(inner, deeper)
  }
  assert.match(typeof inner === 'string' ? inner : 'not sealed', /^sealed:v1:/)
}
