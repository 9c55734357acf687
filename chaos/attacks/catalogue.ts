import type { Attack } from './attack.ts'
import { bodyAttacks } from './body-attacks.ts'
import { connectionAttacks } from './connection-attacks.ts'
import { familyAttacks } from './family-attacks.ts'
import { jsonAttacks } from './json-attacks.ts'
import { keyedAttacks } from './keyed-attacks.ts'
import { requestAttacks } from './request-attacks.ts'

/** Every attack that is tried. */
export const ATTACKS: readonly Attack[] = [
  ...bodyAttacks,
  ...jsonAttacks,
  ...requestAttacks,
  ...connectionAttacks,
  ...keyedAttacks,
  ...familyAttacks,
]

/** @throws when there is none of this name. */
export function attackNamed(name: string): Attack {
  const attack = ATTACKS.find((each) => each.name === name)
  if (attack === undefined) throw new Error(`there is no attack ${name}`)
  return attack
}
