export {
  ConfigError,
  OWN_PREFIXES,
  readConfig,
  type Config,
  type ConfigProblem,
} from './config/config.ts'
export {
  brokers,
  choice,
  flag,
  integer,
  listenHost,
  name,
  secret,
  text,
  url,
  urls,
  type Variable,
} from './config/variable.ts'
export {
  clickhouseVariables,
  compressionVariables,
  consumerGroup,
  kafkaVariables,
  planVariables,
  namesOfOtherServices,
  registryVariables,
  serviceVariables,
  shardCountVariables,
  sharedVariables,
} from './config/variables.ts'
export { atShard, MAX_SHARDS, shardUrls } from './config/shards.ts'
export { secretSource, type SecretFiles } from './config/secret-source.ts'
export { readSecureContext, tlsFilesFrom, type TlsFiles } from './tls/tls-files.ts'
export { tlsRemedy } from './tls/tls-remedy.ts'
export { createTlsAgent } from './tls/tls-agent.ts'
export { askHttp, type HttpAnswer } from './tls/ask-http.ts'
export { createLogger, type Logger } from './log.ts'
export {
  createMetrics,
  exposeTogether,
  type MetricDefinition,
  type MetricDefinitions,
  type Metrics,
} from './metrics/metrics.ts'
export { opsMetrics } from './metrics/ops-metrics.ts'
export { startOpsServer, type OpsServer } from './metrics/ops-server.ts'
export type { Readiness } from './metrics/readiness.ts'
export { EXIT_CONFIG, runService, type RunningService } from './lifecycle/run-service.ts'
export { shownConfig } from './config/shown-config.ts'
export { readPlanFiles } from './plan-files.ts'
export { fullJitter } from './lifecycle/full-jitter.ts'
export { redact, redactUrl } from './config/redact.ts'
export { reportToPrimary } from './lifecycle/worker.ts'
export { startWorkers, type Workers } from './lifecycle/workers.ts'
export { productVersion } from './metrics/build.ts'
