import type { Subject } from './sources.ts'

export const EXPORT_FORMATS = ['ndjson', 'parquet'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** What an operator asked for. */
export interface ExportRequest extends Subject {
  readonly out: string
  /** Milliseconds since 1970; `null`: no bound. */
  readonly fromMs: number | null
  readonly toMs: number | null
  readonly format: ExportFormat
  readonly maxFileBytes: number
  readonly by: string | undefined
}
