/** Whose key seals a property: that of the person of the event, or that of the account. */
export const SEAL_SCOPES = ['person', 'account'] as const
export type SealScope = (typeof SEAL_SCOPES)[number]

/** A property that a tracking plan marks with `x-seal`. */
export interface SealMark {
  /** Keys from `properties` to the value; what lies in a list or under any key ends at its container. */
  readonly path: readonly string[]
  readonly scope: SealScope
}

/** The marks of a plan by the keys of `properties`: what is sealed as a whole, or where something deeper is. */
export type SealTree = ReadonlyMap<string, SealNode>

/** `scope`: of the value as a whole, whatever is marked deeper; `null`: only what lies deeper. */
export interface SealNode {
  readonly scope: SealScope | null
  readonly deeper: SealTree
}

/** @returns `null` when nothing is marked. */
export function sealTreeOf(marks: readonly SealMark[]): SealTree | null {
  if (marks.length === 0) return null
  const keys = new Set(marks.map(({ path: [key] }) => key).filter((key) => key !== undefined))
  return new Map([...keys].map((key) => [key, nodeOf(marks, key)]))
}

function nodeOf(marks: readonly SealMark[], key: string): SealNode {
  const ofKey = marks.filter(({ path }) => path[0] === key)
  const whole = ofKey.find(({ path }) => path.length === 1)
  const deeper = ofKey
    .filter(({ path }) => path.length > 1)
    .map(({ path, scope }) => ({ path: path.slice(1), scope }))
  return { scope: whole?.scope ?? null, deeper: sealTreeOf(deeper) ?? new Map() }
}
