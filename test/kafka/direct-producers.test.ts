// The examples of docs/direct-producers.md, as they stand there: they write past ingest what analysts query.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { partitionOf } from '@custom-events/event'
import { foreignRuntime, whyNoForeign, type ForeignLibrary } from '../../chaos/world/foreign.ts'
import { cacheFolder } from '../../embedded/src/download/cache.ts'
import { fetchJars } from '../../embedded/src/download/maven.ts'
import { eventually } from '../support/eventually.ts'
import { startTestPipeline, type TestPipeline } from '../support/pipeline.ts'

const AVRO = 'org.apache.avro:avro:1.12.1'
const COUNT = 2_500
const PARTITIONS = 12
const repository = join(import.meta.dirname, '../..')
const example = (file: string): string => join(repository, 'docs/examples', file)

let pipeline: TestPipeline
before(async () => {
  pipeline = await startTestPipeline({ environment: { KAFKA_PARTITIONS: String(PARTITIONS) } })
})
after(() => pipeline[Symbol.asyncDispose]())

async function commandOf(library: ForeignLibrary) {
  const { command, environment } = await foreignRuntime(library)
  if (library === 'librdkafka')
    return { command: [...command, example('direct_producer.py')], environment }
  const jars = { entry: 'avro-1.12.1', title: AVRO, artifacts: [AVRO] }
  const folder = await fetchJars(jars, { cache: cacheFolder(), onProgress: () => {} })
  const path = command.map((part) => (part.endsWith('/*') ? `${part}:${join(folder, '*')}` : part))
  return { command: [...path, example('DirectProducer.java')], environment }
}

async function runExample(library: ForeignLibrary): Promise<void> {
  const { command, environment } = await commandOf(library)
  const [program = '', ...rest] = command
  const child = spawn(program, [...rest, String(COUNT)], {
    env: {
      ...process.env,
      ...environment,
      ...pipeline.environment,
      KAFKA_PARTITIONS: String(PARTITIONS),
    },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 90_000,
    killSignal: 'SIGKILL',
  })
  const [code, signal] = await once(child, 'exit')
  assert.equal(code, 0, `${program} ended with ${code ?? signal}`)
}

for (const library of ['java', 'librdkafka'] as const) {
  const skip = whyNoForeign(library) ?? false
  const timeout = 170_000
  test(
    `${library}: every event of the example is a row, in ingest's partition`,
    { skip, timeout },
    async () => {
      await runExample(library)
      const prefix = library === 'java' ? 'java' : 'python'
      const rows = await eventually(
        async () => {
          const found = await pipeline.query<{
            readonly event_id: string
            readonly group_id: string
            readonly kafka_partition: number
            readonly properties: string
          }>(
            `SELECT event_id, group_id, kafka_partition, properties FROM tracked WHERE startsWith(event_id, '${prefix}-')`,
          )
          assert.equal(found.length, COUNT)
          return found
        },
        { withinMs: 60_000 },
      )
      assert.equal(new Set(rows.map((row) => row.event_id)).size, COUNT)
      for (const { group_id: group, kafka_partition: partition, properties } of rows) {
        assert.equal(partition, partitionOf(group, PARTITIONS), group)
        assert.deepEqual(JSON.parse(properties), { amount: 12.5, currency: 'EUR' })
      }
    },
  )
}
