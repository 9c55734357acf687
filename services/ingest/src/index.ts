// What a replay uses of ingest, so that an event is judged by the same code twice.
export { readBeside } from './beside.ts'
export type { Call } from './call.ts'
export { ingestVariables, readIngestConfig, type IngestConfig } from './config.ts'
export { encode } from './encode.ts'
export { createJudge } from './judge.ts'
export type { Judged } from './verdicts.ts'
export { ANYBODY, parseWriteKeys, type WriteKey } from './write-keys.ts'
