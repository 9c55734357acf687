export { cacheFolder } from './download/cache.ts'
export type { Server, ServerName } from './process/child.ts'
export {
  clickhouseHeaders,
  startClickHouse,
  type ClickHouseEnvironment,
  type OwnClickHouse,
} from './clickhouse/server.ts'
export { freePort } from './process/free-port.ts'
export { readKafkaMetadata, type PartitionState } from './kafka/kafka-metadata.ts'
export { MALLOC_SETTINGS, V8_FLAGS } from './ingest-memory.ts'
export { fetchKafka, fetchRegistry } from './download/maven.ts'
export { startPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts'
export {
  defaultPorts,
  otherBrokerPorts,
  otherShardPorts,
  portsFromBase,
  securePorts,
  STACK_SHARDS,
  type AllPorts,
  type StackPorts,
} from './process/ports.ts'
export { checkPrerequisites } from './prerequisites.ts'
export { StackError, type Problem } from './problem.ts'
export { rightOf, type Right } from './kafka/kafka-users.ts'
export { makeAuthority, type Authority, type CertificateFiles } from './kafka/certificates.ts'
export type { KafkaUser, SecureKafka, TlsKafka } from './kafka/secure-kafka.ts'
export { startTokenServer, type TokenServer } from './kafka/token-server.ts'
export { startHttpsFront, type HttpsFront } from './https-front.ts'
export { launchProgram, startProgram, type Program } from './process/program.ts'
export { startKafka, startStack, type KafkaAlone, type Stack } from './stack.ts'
export type { StackOptions } from './stack-options.ts'
