import { scanValue, type Member } from '../json/json-scan.ts'
import { SEALED_PREFIX } from './sealed-text.ts'
import type { SealNode, SealScope, SealTree } from './seal-tree.ts'

/** A value that is to be sealed, where it lies in the text of `properties`. */
export interface Sealable {
  readonly start: number
  readonly end: number
  /** Its key, as JSON text between its quotes. */
  readonly name: string
  readonly scope: SealScope
}

/**
 * The values that a plan wants sealed, in their order, none inside another. `null` is not sealed: it says nothing.
 * A value that is no object where the marks go on is sealed as a whole, as redaction hides it.
 *
 * With them whatever a client sent that looks like sealed text: in such an event all sealed text is ours, and opening
 * gives what was sent.
 *
 * @param properties JSON object text that was parsed before.
 */
export function findSealable(properties: string, tree: SealTree): readonly Sealable[] {
  const marked = findMarked(properties, 0, tree)
  const [first] = marked
  if (first === undefined || !properties.includes(LOOKALIKE)) return marked
  return withLookalikes(properties, marked, first.scope)
}

function findMarked(text: string, start: number, tree: SealTree): readonly Sealable[] {
  const found: Sealable[] = []
  for (const member of scanValue(text, '', start).members) {
    const node = tree.get(member.key)
    if (node === undefined || text.startsWith('null', member.start)) continue
    const isOpen = node.scope === null && text[member.start] === '{'
    if (isOpen) found.push(...findMarked(text, member.start, node.deeper))
    else found.push(sealable(text, member, scopeOf(node)))
  }
  return found
}

/** Of what should have been an object: that of the first mark within. */
function scopeOf({ scope, deeper }: SealNode): SealScope {
  if (scope !== null) return scope
  const [first] = deeper.values()
  return first === undefined ? 'person' : scopeOf(first)
}

function sealable(text: string, member: Member, scope: SealScope): Sealable {
  const { start, end, keyStart, keyEnd } = member
  return { start, end, name: text.slice(keyStart + 1, keyEnd - 1), scope }
}

const LOOKALIKE = `"${SEALED_PREFIX}`

function withLookalikes(
  text: string,
  marked: readonly Sealable[],
  scope: SealScope,
): readonly Sealable[] {
  const isCovered = ({ start }: Sealable): boolean =>
    marked.some((each) => each.start <= start && start < each.end)
  const others = findLookalikes(text, 0, scope).filter((each) => !isCovered(each))
  return [...marked, ...others].toSorted((one, other) => one.start - other.start)
}

/** Members of objects only: an element of a list has no key, and the view does not look at it. */
function findLookalikes(text: string, start: number, scope: SealScope): readonly Sealable[] {
  return scanValue(text, '', start).members.flatMap((member): readonly Sealable[] => {
    if (text.startsWith(LOOKALIKE, member.start)) return [sealable(text, member, scope)]
    return text[member.start] === '{' || text[member.start] === '['
      ? findWithin(text, member, scope)
      : []
  })
}

/** Objects in lists, too. */
function findWithin(text: string, { start, end }: Member, scope: SealScope): readonly Sealable[] {
  if (text[start] === '{') return findLookalikes(text, start, scope)
  const found: Sealable[] = []
  let at = start + 1
  while (at < end) {
    const open = nextObject(text, at, end)
    if (open === -1) break
    found.push(...findLookalikes(text, open, scope))
    at = scanValue(text, '', open).end
  }
  return found
}

/** The next brace outside of texts. */
function nextObject(text: string, from: number, end: number): number {
  let isText = false
  for (let at = from; at < end; at += 1) {
    const char = text[at]
    if (isText && char === '\\') at += 1
    else if (char === '"') isText = !isText
    else if (!isText && char === '{') return at
  }
  return -1
}
