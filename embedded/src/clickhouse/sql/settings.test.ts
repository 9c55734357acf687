import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServerException } from '../engine/errors.ts'
import { literal, preparation, readParameters } from './settings.ts'

const FULL = { engineRole: 'full', limits: null }

test('what the URL says to the interface is kept apart from the settings of the engine', () => {
  const url =
    'query=SELECT+1&database=d&max_threads=2&param_x=1&wait_end_of_query=1&buffer_size=5&role=a&role=b'
  assert.deepEqual(readParameters(new URLSearchParams(url)), {
    query: 'SELECT 1',
    database: 'd',
    defaultFormat: undefined,
    queryId: undefined,
    waitEndOfQuery: true,
    allowsCompression: false,
    compressesBlocks: false,
    inflatesBlocks: false,
    session: undefined,
    roles: ['a', 'b'],
    settings: [
      ['max_threads', '2'],
      ['param_x', '1'],
    ],
  })
})

test('a session is a name, kept for a minute unless it says otherwise', () => {
  const session = (url: string): unknown => readParameters(new URLSearchParams(url)).session
  assert.equal(session('query=SELECT+1&session_timeout=5'), undefined)
  assert.deepEqual(session('session_id=x'), {
    id: 'x',
    timeoutMs: 60_000,
    mustExist: false,
    closes: false,
  })
  assert.deepEqual(session('session_id=x&session_timeout=5&session_check=1&close_session=1'), {
    id: 'x',
    timeoutMs: 5_000,
    mustExist: true,
    closes: true,
  })
  for (const [url, code] of [
    ['session_id=', 606],
    ['session_id=x&session_timeout=3601', 374],
    ['session_id=x&session_timeout=-1', 374],
  ] as const) {
    assert.throws(
      () => session(url),
      (error) => error instanceof ServerException && error.code === code,
    )
  }
})

test('a name that cannot be a setting never reaches the SQL', () => {
  const url = new URLSearchParams([['max_threads=1, readonly', '0']])
  assert.throws(
    () => readParameters(url),
    (error) => error instanceof ServerException && error.code === 115,
  )
})

test('a confined query says each time whether values may be expressions, behind the URL', () => {
  const parameters = readParameters(new URLSearchParams('profile=default'))
  const names = ['interpret_expressions', 'deduce_templates_of_expressions']
  for (const isHeld of [false, true]) {
    const ofQuery = (evaluatesValues: boolean | undefined): string => {
      const manner = { mark: 'front-1', isReadOnly: false, isReader: true, isHeld, asker: FULL }
      return preparation(parameters, { ...manner, evaluatesValues }).join('; ')
    }
    for (const name of names) {
      assert.match(ofQuery(false), new RegExp(`profile = .*, input_format_values_${name} = '0'`))
      assert.match(ofQuery(true), new RegExp(`profile = .*, input_format_values_${name} = '1'`))
      assert.doesNotMatch(ofQuery(undefined), new RegExp(name))
    }
  }
})

test('values and names are quoted, and the mark cannot be overridden', () => {
  const parameters = readParameters(
    new URLSearchParams([
      ['database', 'a`b'],
      ['param_x', "it's\\"],
      ['query_cache_tag', 'mine'],
    ]),
  )
  const [use, set = ''] = preparation(parameters, {
    mark: 'front-1',
    isReadOnly: true,
    evaluatesValues: false,
    isReader: true,
    isHeld: false,
    asker: FULL,
  })
  assert.equal(use, 'USE `a\\`b`')
  assert.match(set, /param_x = 'it\\'s\\\\'/)
  assert.match(set, /query_cache_tag = 'front-1', readonly = '2'$/)
  assert.equal(literal("\\'"), "'\\\\\\''")
})
