/**
 * Which events of an erased id are meant: those whose timestamp lies before one moment and that were taken before
 * another; `null`: whenever. Milliseconds since 1970.
 */
export interface ErasedSpan {
  readonly timestampBefore: number | null
  readonly receivedBefore: number | null
}

export interface EventTimes {
  readonly timestamp: number
  readonly receivedAt: number
}

export function isWithin(
  spans: readonly ErasedSpan[],
  { timestamp, receivedAt }: EventTimes,
): boolean {
  return spans.some(
    ({ timestampBefore, receivedBefore }) =>
      timestamp < (timestampBefore ?? Infinity) && receivedAt < (receivedBefore ?? Infinity),
  )
}

/** Asked for again and again: an earlier wish is never narrowed by a later one. */
export function addSpan(spans: readonly ErasedSpan[], added: ErasedSpan): readonly ErasedSpan[] {
  if (spans.some((span) => contains(span, added))) return spans
  return [...spans.filter((span) => !contains(added, span)), added]
}

/** Whether all that is wanted is known already. */
export function hasSpans(spans: readonly ErasedSpan[], wanted: readonly ErasedSpan[]): boolean {
  return wanted.every((each) => spans.some((span) => contains(span, each)))
}

/** What was taken until now stays erased, whenever it comes again from Kafka; what comes from now on is kept. */
export function liftSpans(spans: readonly ErasedSpan[], nowMs: number): readonly ErasedSpan[] {
  const lifted = spans.map(({ timestampBefore, receivedBefore }) => ({
    timestampBefore,
    receivedBefore: Math.min(receivedBefore ?? Infinity, nowMs),
  }))
  return lifted.reduce<readonly ErasedSpan[]>(addSpan, [])
}

/**
 * When what was asked for at a moment was lifted after that: of it only what was taken before is still meant, whoever has
 * forgotten the lift. Milliseconds since 1970; `null`: it was not.
 */
export function liftedAt(
  spans: readonly ErasedSpan[],
  { timestampBefore, askedAt }: Pick<ErasedSpan, 'timestampBefore'> & { readonly askedAt: number },
): number | null {
  const same = spans.filter(
    (span) => (span.timestampBefore ?? Infinity) >= (timestampBefore ?? Infinity),
  )
  const until = Math.max(...same.map(({ receivedBefore }) => receivedBefore ?? Infinity))
  return Number.isFinite(until) && until >= askedAt ? until : null
}

function contains(outer: ErasedSpan, inner: ErasedSpan): boolean {
  return (
    (outer.timestampBefore ?? Infinity) >= (inner.timestampBefore ?? Infinity) &&
    (outer.receivedBefore ?? Infinity) >= (inner.receivedBefore ?? Infinity)
  )
}
