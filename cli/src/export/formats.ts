export const EXPORT_FORMATS = ['ndjson', 'parquet'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]
