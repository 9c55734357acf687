export { setUp, SetupError } from './setup.ts'
export { readSetupConfig, type SetupConfig } from './config.ts'
