/** Text of an object, its keys with their quotes. */
export function objectText(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([key, value]) => `${key}:${value}`).join()}}`
}

/** A usual event in which one part is another, and one may be missing. */
export function usualWith(name: string, value: string, without?: string): string {
  const members: Record<string, string> = {
    event: '"feature_used"',
    event_id: '"e-1"',
    group_id: '"account_1"',
    user_id: '"user_1"',
    timestamp: '"2025-05-31T01:02:03.456Z"',
  }
  members[name] = value
  if (without !== undefined) delete members[without]
  return objectText(Object.entries(members).map(([key, text1]) => [`"${key}"`, text1]))
}
