import type { CodeGroup } from './code-group.ts'
import { DEFINITE_GROUPS } from './definite-codes.ts'
import { PASSING_GROUPS } from './passing-codes.ts'

/**
 * Every code that an insert or a question of ours may meet. What is not here belongs to features that we do
 * not use (dictionaries, other formats, other databases, backups), or to an engine newer than this table: the
 * last row of `classify` decides it, by trying a few times, then halting, and never as bad data.
 *
 * A retry that passes of itself is repeated for ever; one that may also be permanent is repeated for a while
 * and then told. A halt looks again too, slowly.
 */
export const CODE_GROUPS: readonly CodeGroup[] = [...PASSING_GROUPS, ...DEFINITE_GROUPS]
