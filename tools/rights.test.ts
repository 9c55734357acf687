import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { KAFKA_RIGHTS } from '../packages/kafka/src/rights/rights.ts'

const root = new URL('..', import.meta.url)

/** The rights that errors of Kafka name, as `right:` in the code that asks. */
function named(): ReadonlySet<string> {
  const files = globSync('packages/kafka/src/**/*.ts', { cwd: root }).filter(
    (file) => !file.endsWith('.test.ts'),
  )
  const texts = files.flatMap((file) => [
    ...readFileSync(new URL(file, root), 'utf8').matchAll(/\bright: (['`])(.+?)\1/g),
  ])
  const pairs = texts.flatMap(([, , text = '']) =>
    [...text.matchAll(/\b([A-Z_]{4,}(?: and [A-Z_]{4,})?) on (?:the )?(topic|group)/g)].flatMap(
      ([, operations = '', resource]) =>
        operations.split(' and ').map((operation) => `${operation} on ${resource}`),
    ),
  )
  return new Set(pairs)
}

/** Programs that say which right they lack. */
const ADMINS: readonly string[] = ['setup', 'destroy-keys']

test('what setup and destroy-keys say they may not do, and the table of rights, are the same', () => {
  const inTable = KAFKA_RIGHTS.filter(({ program }) => ADMINS.includes(program)).flatMap(
    ({ resource, operations }) =>
      operations.map((operation) => `${operation} on ${resource === 'group' ? 'group' : 'topic'}`),
  )
  assert.deepEqual([...named()].toSorted(), [...new Set(inTable)].toSorted())
})
