import { createLogger, runService, shownConfig } from '@custom-events/runtime'
import { consumerVariables, readConsumerConfig } from './config.ts'
import { startConsumer } from './start.ts'

await runService(async (resources) => {
  const settings = readConsumerConfig(process.env)
  const { config, shard, warnings } = settings
  const logger = createLogger({ service: 'consumer', level: config.LOG_LEVEL })
  const log = shard.shards === 1 ? logger : logger.child({ shard: shard.shard })
  log.info({ config: shownConfig(consumerVariables, process.env) }, 'configuration')
  for (const warning of warnings) log.warn(warning)
  await startConsumer({ settings, log, resources })
  return { log, shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS }
})
