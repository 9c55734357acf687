export { setUp } from './setup.ts'
export { StepError } from './step.ts'
export { readSetupConfig, type SetupConfig } from './config.ts'
