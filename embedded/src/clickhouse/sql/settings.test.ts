import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServerException } from '../engine/errors.ts'
import { literal, preparation, readParameters } from './settings.ts'

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
    roles: ['a', 'b'],
    settings: [
      ['max_threads', '2'],
      ['param_x', '1'],
    ],
  })
})

test('what is not supported is refused with NOT_IMPLEMENTED, unless it is switched off', () => {
  for (const url of ['session_id=x', 'compress=1', 'decompress=1']) {
    assert.throws(
      () => readParameters(new URLSearchParams(url)),
      (error) => error instanceof ServerException && error.code === 48,
    )
  }
  assert.deepEqual(readParameters(new URLSearchParams('compress=0')).settings, [])
})

test('a name that cannot be a setting never reaches the SQL', () => {
  const url = new URLSearchParams([['max_threads=1, readonly', '0']])
  assert.throws(
    () => readParameters(url),
    (error) => error instanceof ServerException && error.code === 115,
  )
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
  })
  assert.equal(use, 'USE `a\\`b`')
  assert.match(set, /param_x = 'it\\'s\\\\'/)
  assert.match(set, /query_cache_tag = 'front-1', readonly = '2'$/)
  assert.equal(literal("\\'"), "'\\\\\\''")
})
