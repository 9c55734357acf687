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
} from './connection.ts'
export {
  classify,
  REASONS,
  type ErrorClass,
  type Failure,
  type Reason,
  type Verdict,
} from './classify.ts'
export { CODE_GROUPS, type CodeGroup } from './error-codes.ts'
export { ClickHouseFailure, isDefinite } from './failure.ts'
export { generationOf, readLogs, registerLogs, type RegisteredLog } from './kafka-logs.ts'
export { identityHash } from './read-back.ts'
export { migrate, type MigrateOptions, type TableSettings } from './migrate.ts'
export { MigrationError } from './migrations.ts'
export { HotPropertyError, type HotProperty, type PlannedHotProperty } from './hot-properties.ts'
export { compareTables, readTables } from './compare-tables.ts'
