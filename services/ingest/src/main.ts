import cluster from 'node:cluster'
import { createLogger, runService, shownConfig } from '@custom-events/runtime'
import { ingestVariables, readIngestConfig } from './config.ts'
import { startIngest } from './start.ts'
import { startPrimary } from './primary.ts'

await runService(async (resources) => {
  const config = readIngestConfig()
  const log = createLogger({ service: 'ingest', level: config.logLevel })
  if (cluster.isWorker)
    return startIngest({ config, log: log.child({ pid: process.pid }) }, resources)
  log.info({ config: shownConfig(ingestVariables, process.env) }, 'configuration')
  for (const warning of config.warnings) log.warn(warning)
  const start = config.workers > 1 ? startPrimary : startIngest
  return start({ config, log }, resources)
})
