export { createClickHouse, type ClickHouseConfig } from './client/connection.ts'
export { openShards, type OpenShard, type OpenShards } from './client/open-shards.ts'
export type {
  ClickHouse,
  NativeInsert,
  OffsetRange,
  OffsetsQuestion,
  RecordsQuestion,
  IdentityColumn,
  PresentIdentities,
  StreamRequest,
  ViewOnTable,
} from './client/clickhouse.ts'
export { classify, type Failure } from './errors/classify.ts'
export { REASONS, type ErrorClass, type Reason, type Verdict } from './errors/verdict.ts'
export { CODE_GROUPS } from './errors/error-codes.ts'
export type { CodeGroup } from './errors/code-group.ts'
export { ACCESS_DENIED, ClickHouseFailure, isDefinite } from './errors/failure.ts'
export { generationOf, readLogs, registerLogs, type RegisteredLog } from './client/kafka-logs.ts'
export {
  OtherRows,
  readShard,
  shardProblem,
  type ShardNamed,
  type ShardSaid,
} from './client/shard.ts'
export { identityHash } from './client/read-back.ts'
export {
  allHotProperties,
  migrate,
  type MigrateOptions,
  type PersonalProperties,
  type TableSettings,
} from './migrations/migrate.ts'
export { MigrationError } from './migrations/migrations.ts'
export { claimProblem, claimShard } from './migrations/claim-shard.ts'
export {
  HotPropertyError,
  type HotProperty,
  type PlannedHotProperty,
} from './migrations/hot-properties.ts'
export {
  accountsWithKeys,
  countKeys,
  idsOfKeys,
  markDestroyed,
  removeReplaced,
  replacedParts,
} from './seal-keys/destroy-keys.ts'
export { deleteMarked } from './seal-keys/delete-marked.ts'
export { compareTables, readTables } from './migrations/compare-tables.ts'
export {
  makeEventViews,
  type EventViewsOptions,
  type EventViewsResult,
} from './event-views/event-views.ts'
export type { PlannedEvent } from './event-views/sources.ts'
export {
  fillHotColumns,
  FillFailure,
  type FillOptions,
  type FillProgress,
  type FillResult,
} from './hot-columns/fill.ts'
export {
  NoQueryLog,
  proposeHotProperties,
  type Proposal,
  type Proposals,
} from './hot-columns/propose.ts'
export { columnOf } from './migrations/hot-properties.ts'
export { keptEvents } from './retention/record.ts'
export { planRetention, type DueRows, type RetentionChange } from './retention/plan.ts'
export { applyRetention } from './retention/apply.ts'
export type { WantedRetention } from './retention/tables.ts'
export { daysIn, type Days, type Kept } from './retention/ttl.ts'
export {
  beginAudit,
  type AuditedCommand,
  type AuditEntry,
  type AuditOutcome,
} from './audit/audit.ts'
export { hashOfId } from './audit/hash-of-id.ts'
export {
  allShardsSql,
  askShardOfEachSql,
  clusterProblem,
  shardOfEachSql,
} from './shards/all-shards.ts'
export { quoteIdentifier } from './client/quote.ts'
export { roleOn, rolesSql } from './access/roles-sql.ts'
export { ROLES } from './access/roles.ts'
export { escapesOf } from './access/escapes.ts'
export { applyRoles, type RolesOutcome } from './access/apply-roles.ts'
export {
  addAccount,
  listAccounts,
  LoginStays,
  newPassword,
  removeAccount,
  withdraw,
  type AccountLogin,
  type NewAccountLogin,
} from './access/accounts.ts'
export { allShardsDatabase, keysDatabase } from './client/other-databases.ts'
export {
  conditionOf,
  countEvents,
  findEvents,
  findLinked,
  MAX_LINKED,
  joinFound,
  joinLinked,
  type ErasedSelection,
  type FoundEvents,
  type LinkedIds,
} from './erasure/erased-rows.ts'
export { hideRows, rewriteParts } from './erasure/mutations.ts'
export { ErasureStalled, type Waiting } from './erasure/waiting.ts'
export { dropCounted, noteDays, recount } from './erasure/recount.ts'
export { userHashOf } from './erasure/user-hash.ts'
export { clearUserHashes } from './erasure/user-hashes.ts'
export { ERASED_TABLES } from './erasure/erased-tables.ts'
export { detachedParts, untilPartsAreGone } from './erasure/gone.ts'
export { keepAsUsual } from './erasure/kept-parts.ts'
export {
  clickhouseTime,
  readAnnounced,
  readErasureRows,
  readErasureStep,
  writeErasureRow,
  type AnnouncedErasure,
  type Erasure,
  type ErasureState,
} from './erasure/erasure-table.ts'
export { onCluster, type Servers } from './client/cluster.ts'
export { lackOfRoom, NoRoom } from './disk/room.ts'
