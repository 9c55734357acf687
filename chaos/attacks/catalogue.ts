import { bodyAttacks } from './body-attacks.ts'
import type { Attack } from './attack.ts'

/** Every attack that is tried. */
export const ATTACKS: readonly Attack[] = [...bodyAttacks]

/** @throws when there is none of this name. */
export function attackNamed(name: string): Attack {
  const attack = ATTACKS.find((each) => each.name === name)
  if (attack === undefined) throw new Error(`there is no attack ${name}`)
  return attack
}
