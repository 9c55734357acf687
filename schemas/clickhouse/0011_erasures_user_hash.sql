-- What an erasure looks for in rollups of days whose events have expired: there only this hash is left of a user.
ALTER TABLE erasures ${ON_CLUSTER} ADD COLUMN IF NOT EXISTS id_siphash128 UInt128 DEFAULT 0
    COMMENT 'sipHash128 of the id as rollup_daily.user_hashes has it; 0: of an account, or not known.' AFTER id_murmur2;
