export { ConfigError, OWN_PREFIXES, readConfig, type Config, type ConfigProblem } from './config.ts'
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
  type Variable,
} from './variable.ts'
export {
  clickhouseVariables,
  consumerGroup,
  kafkaVariables,
  planVariables,
  namesOfOtherServices,
  registryVariables,
  serviceVariables,
  sharedVariables,
} from './variables.ts'
export { createLogger, type Logger } from './log.ts'
export {
  createMetrics,
  exposeTogether,
  type MetricDefinition,
  type MetricDefinitions,
  type Metrics,
} from './metrics.ts'
export { opsMetrics } from './ops-metrics.ts'
export { startOpsServer, type OpsServer, type Readiness } from './ops-server.ts'
export { EXIT_CONFIG, runService, type RunningService } from './run-service.ts'
export { shownConfig } from './shown-config.ts'
export { readPlanFiles } from './plan-files.ts'
export { fullJitter } from './full-jitter.ts'
export { redact, redactUrl } from './redact.ts'
export { reportToPrimary } from './worker.ts'
export { startWorkers, type Workers } from './workers.ts'
