/** Tables that rows of somebody lie in, or what was counted from them. */
export const ERASED_TABLES = [
  'events',
  'rejected_events',
  'dead_letters',
  'rollup_daily',
  'catalogue_daily',
  'catalogue',
  'erasure_days',
] as const
