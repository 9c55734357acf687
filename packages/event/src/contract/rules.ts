/** What an event must keep to; everything else is in schemas/event.schema.json. */
export interface EventRules {
  /** Ids that stand for "nothing", exactly so: software wrote them, nobody means them. */
  readonly placeholderIds: ReadonlySet<string>
  /** Lower-case ids that may stand for "nothing", or be somebody's real name: taken, with a warning. */
  readonly suspiciousIds: ReadonlySet<string>
  /** Timestamps before this are refused, in milliseconds since the epoch. @default 2000-01-01 */
  readonly earliestTimestampMs: number
  /** Timestamps further ahead of the server's clock than this are refused. @default 366 days */
  readonly maxAheadMs: number
  /** Timestamps further ahead than this get a warning. @default 24 hours */
  readonly warnAheadMs: number
  /** UTF-8 bytes of one normalised event. @default 262144 (256 KiB) */
  readonly maxEventBytes: number
  /** Keys inside properties, context and extra each, at any depth. @default 1000 */
  readonly maxKeys: number
}

const HOUR_MS = 3_600_000

export const EVENT_RULES: EventRules = {
  placeholderIds: new Set([
    'undefined',
    'null',
    'nil',
    'NaN',
    '[object Object]',
    '00000000-0000-0000-0000-000000000000',
  ]),
  suspiciousIds: new Set([
    '0',
    '-1',
    'true',
    'false',
    'none',
    'n/a',
    'null',
    'nil',
    'undefined',
    'nan',
  ]),
  earliestTimestampMs: 946_684_800_000,
  maxAheadMs: 366 * 24 * HOUR_MS,
  warnAheadMs: 24 * HOUR_MS,
  maxEventBytes: 256 * 1_024,
  maxKeys: 1_000,
}
