// What a replay uses of ingest, so that an event is judged by the same code twice.
export { readEnvelopeFields } from './request/envelope-fields.ts'
export type { Call } from './request/read-call.ts'
export { ingestVariables, readIngestConfig, type IngestConfig } from './config.ts'
export { encode } from './track/encode.ts'
export { createJudge } from './track/judge.ts'
export type { Judged } from './track/verdicts.ts'
export { ANYBODY, parseWriteKeys, type WriteKey } from './auth/write-keys.ts'
