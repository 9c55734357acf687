import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ConfigError,
  namesOfOtherServices,
  OWN_PREFIXES,
  sharedVariables,
} from '@custom-events/runtime'
import { allAt, boundsOf } from '../chaos/world/bounds.ts'
import { readSetupConfig, setupVariables } from '../cli/src/config.ts'
import { replayVariables } from '../cli/src/replay/config.ts'
import { consumerVariables, readConsumerConfig } from '../services/consumer/src/config.ts'
import { ingestVariables, readIngestConfig } from '../services/ingest/src/config.ts'

test('every variable with one of our prefixes is known to every program', () => {
  const all = Object.keys({ ...ingestVariables, ...consumerVariables, ...setupVariables })
  const isOurs = (name: string): boolean => OWN_PREFIXES.some((prefix) => name.startsWith(prefix))
  const single = all.filter((name) => isOurs(name) && !(name in sharedVariables))
  assert.deepEqual(single.toSorted(), [...namesOfOtherServices].toSorted())
})

test('a variable that several programs read has the same rule in each', () => {
  const ruleByName = new Map<string, string>()
  for (const variables of [ingestVariables, consumerVariables, setupVariables, replayVariables]) {
    for (const [name, { rule }] of Object.entries(variables)) {
      assert.equal(rule, ruleByName.get(name) ?? rule, name)
      ruleByName.set(name, rule)
    }
  }
})

type Environment = Readonly<Record<string, string>>

const PROGRAMS = [
  { name: 'ingest', variables: ingestVariables, read: readIngestConfig, own: { AUTH_MODE: 'off' } },
  { name: 'consumer', variables: consumerVariables, read: readConsumerConfig, own: {} },
  { name: 'setup', variables: setupVariables, read: readSetupConfig, own: { LOG_LEVEL: 'error' } },
] as const
/** Two ports that are one are refused. */
const PORTS = ['PORT', 'OPS_PORT']

for (const { name, variables, read, own } of PROGRAMS) {
  const bounds = boundsOf(variables)
  const around: Environment = own

  test(`${name} takes both bounds of every whole number, and nothing beyond them`, () => {
    assert.ok(bounds.size >= 5, `only ${[...bounds.keys()].join(', ')} have bounds`)
    for (const [variable, { min, max }] of bounds) {
      // The others lie at the same edge: some numbers can be that large only when others are, too.
      const others = new Set(PORTS.filter((port) => port !== variable))
      for (const edge of ['min', 'max'] as const) {
        read({ ...around, ...allAt(edge, bounds, others) })
      }
      for (const [edge, bad] of [
        ['min', String(min - 1)],
        ['max', String(max + 1)],
        ['max', `${max}.5`],
        ['max', `${max}e1`],
        ['max', ` ${max}`],
      ] as const) {
        const environment = { ...around, ...allAt(edge, bounds, others), [variable]: bad }
        assert.throws(
          () => read(environment),
          (error) => {
            assert(error instanceof ConfigError, `${variable}=${bad}`)
            assert.deepEqual(
              error.problems.map((problem) => problem.variable),
              [variable],
              `${variable}=${bad}`,
            )
            return true
          },
          `${variable}=${bad} is taken`,
        )
      }
    }
  })
}
