export { setUp } from './setup/setup.ts'
export { StepError } from './step.ts'
export { readSetupConfig, type SetupConfig } from './config.ts'
