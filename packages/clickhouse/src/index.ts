export {
  createClickHouse,
  type ClickHouse,
  type ClickHouseConfig,
  type NativeInsert,
  type OffsetRange,
  type OffsetsQuestion,
  type RecordsQuestion,
  type IdentityColumn,
  type PresentIdentities,
  type ViewOnTable,
} from './client/connection.ts'
export {
  classify,
  REASONS,
  type ErrorClass,
  type Failure,
  type Reason,
  type Verdict,
} from './errors/classify.ts'
export { CODE_GROUPS, type CodeGroup } from './errors/error-codes.ts'
export { ClickHouseFailure, isDefinite } from './errors/failure.ts'
export { generationOf, readLogs, registerLogs, type RegisteredLog } from './client/kafka-logs.ts'
export { identityHash } from './client/read-back.ts'
export { migrate, type MigrateOptions, type TableSettings } from './migrations/migrate.ts'
export { MigrationError } from './migrations/migrations.ts'
export {
  HotPropertyError,
  type HotProperty,
  type PlannedHotProperty,
} from './migrations/hot-properties.ts'
export { compareTables, readTables } from './migrations/compare-tables.ts'
