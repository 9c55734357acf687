import type { Sealable } from './find-sealable.ts'
import {
  keyIdOf,
  openValue,
  SEALED_PREFIX,
  type SealingKey,
  type SealValue,
} from './sealed-text.ts'
import type { SealScope } from './seal-tree.ts'

/** The text with these values sealed; everything else stays byte for byte. */
export function sealProperties(
  properties: string,
  sealable: readonly Sealable[],
  with_: {
    readonly sealValue: SealValue
    readonly keyOf: (scope: SealScope) => SealingKey
    readonly eventId: string
  },
): string {
  const { sealValue, keyOf, eventId } = with_
  let sealed = ''
  let at = 0
  for (const { start, end, name, scope } of sealable) {
    const plain = properties.slice(start, end)
    sealed += properties.slice(at, start) + sealValue(plain, keyOf(scope), { name, eventId })
    at = end
  }
  return sealed + properties.slice(at)
}

/** A member of an object whose value is sealed text. As the view has it. */
const SEALED_MEMBER = new RegExp(
  String.raw`("((?:[^"\\]|\\.)*)"\s*:\s*)"(${SEALED_PREFIX}[pa][\w-]{22}:[\w-]{39,})"`,
  'g',
)

/**
 * The text with every value opened that these keys open; any other stays. What the view does, for those who hold
 * keys.
 */
export function openProperties(
  properties: string,
  keyById: ReadonlyMap<string, SealingKey>,
  eventId: string,
): string {
  return properties.replaceAll(
    SEALED_MEMBER,
    (whole, before: string, name: string, sealed: string) => {
      const key = keyById.get(keyIdOf(sealed) ?? '')
      const plain = key === undefined ? null : openValue(sealed, key, { name, eventId })
      return plain === null ? whole : before + plain
    },
  )
}
