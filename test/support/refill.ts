import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { readSetupConfig } from '@custom-events/cli'
import { freePort } from '@custom-events/embedded'
import { kafkaConfigFrom, readGroupOffsets, topicNames } from '@custom-events/kafka'
import { eventually } from './eventually.ts'
import { fromOurs } from './from-ours.ts'

/** A consumer with a group of its own, which begins with the first record of each topic. */
export async function startTestConsumer(
  environment: Readonly<Record<string, string>>,
  consumerGroup: string,
) {
  const own = { ...environment, KAFKA_CONSUMER_GROUP: consumerGroup }
  const entry = fileURLToPath(new URL('../../services/consumer/src/main.ts', import.meta.url))
  const child = spawn(process.execPath, [entry], {
    env: {
      ...fromOurs(),
      ...own,
      LOG_LEVEL: 'warn',
      OPS_PORT: String(await freePort()),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit')
  const { config, log } = readSetupConfig({ ...own, LOG_LEVEL: 'error' })
  return {
    /** Until the group has committed everything that is there. */
    untilCaughtUp: () =>
      eventually(
        async () => {
          const offsets = await readGroupOffsets({
            kafka: kafkaConfigFrom(config),
            consumerGroup,
            topics: Object.values(topicNames(config.KAFKA_TOPIC)),
            log,
          })
          const behind = offsets.filter(
            ({ committed, latest, earliest }) => (committed ?? earliest) < latest,
          )
          if (behind.length > 0) throw new Error(`behind: ${JSON.stringify(behind)}`)
        },
        { withinMs: 90_000 },
      ),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
