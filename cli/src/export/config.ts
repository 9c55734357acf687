import { clickhouseVariables, kafkaVariables, readConfig } from '@custom-events/runtime'
import { setupVariables } from '../config.ts'
import { tellConfig } from '../tell-config.ts'

const { LOG_LEVEL } = setupVariables
const { KAFKA_TOPIC } = kafkaVariables

const variables = { LOG_LEVEL, ...clickhouseVariables, KAFKA_TOPIC }

/** Reads the environment of `npm run export`. @throws {ConfigError} */
export function readExportConfig(environment: NodeJS.ProcessEnv) {
  const read = readConfig(variables, environment)
  tellConfig('export', variables, environment, read)
  return read.config
}

export type ExportConfig = ReturnType<typeof readExportConfig>
