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
/** Two ports that are one are refused, and as many partitions as there may be do not divide by as many shards. */
const NOT_TOGETHER = ['PORT', 'OPS_PORT', 'CLICKHOUSE_SHARDS']
const DIVIDED: Environment = { KAFKA_PARTITIONS: '64' }

for (const { name, variables, read, own } of PROGRAMS) {
  const bounds = boundsOf(variables)
  test(`${name} takes both bounds of every whole number, and nothing beyond them`, () => {
    assert.ok(bounds.size >= 5, `only ${[...bounds.keys()].join(', ')} have bounds`)
    for (const [variable, { min, max }] of bounds) {
      // The others lie at the same edge: some numbers can be that large only when others are, too.
      const others = new Set(NOT_TOGETHER.filter((each) => each !== variable))
      const around: Environment = own
      const last = variable === 'CLICKHOUSE_SHARDS' ? DIVIDED : {}
      for (const edge of ['min', 'max'] as const) {
        read({ ...around, ...allAt(edge, bounds, others), ...last })
      }
      for (const [edge, bad] of [
        ['min', String(min - 1)],
        ['max', String(max + 1)],
        ['max', `${max}.5`],
        ['max', `${max}e1`],
        ['max', ` ${max}`],
      ] as const) {
        const environment = {
          ...around,
          ...allAt(edge, bounds, others),
          ...last,
          [variable]: bad,
        }
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
