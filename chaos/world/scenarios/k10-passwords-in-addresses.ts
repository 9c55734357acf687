import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'

const CANARY = 'canary-k10-s3cret'

/** Every address with a password in it, and every password that is wrong: none is shown anywhere. */
export const scenario: Scenario = {
  name: 'passwords-in-addresses',
  kind: 'K10',
  needs: 'plain',
  run: async (world) => {
    await world.setUp()
    const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL = '', CLICKHOUSE_URL = '' } = world.environment
    const withUser = (url: string) => url.replace('://', `://user:${CANARY}@`)
    const trials: readonly Readonly<Record<string, string>>[] = [
      { SCHEMA_REGISTRY_URL: withUser(SCHEMA_REGISTRY_URL) },
      { SCHEMA_REGISTRY_URL: `http://user:${CANARY}@127.0.0.1:9` },
      { CLICKHOUSE_URL: withUser(CLICKHOUSE_URL) },
      { CLICKHOUSE_URL: `${CLICKHOUSE_URL}/?password=${CANARY}` },
      { KAFKA_BROKERS: `user:${CANARY}@${KAFKA_BROKERS}` },
      { CLICKHOUSE_PASSWORD: CANARY },
      { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_PASSWORD: CANARY },
      { SCHEMA_REGISTRY_USER: 'user', SCHEMA_REGISTRY_PASSWORD: CANARY },
    ]
    for (const trial of trials) {
      const { text } = await world.command(['setup'], trial)
      assert.ok(!text.includes(CANARY), `setup shows the password of ${Object.keys(trial)[0]}`)
    }
  },
}
