import { refuseArguments } from '../tools/read-arguments.ts'
import { SECURE, type Secure } from './secure.ts'

/** `--secure` and what may follow it; anything else that stands alone ends the process. */
export function secureFrom(
  usage: string,
  words: readonly string[],
  isAsked: boolean,
): Secure | undefined {
  const [word, ...others] = words
  if (!isAsked || others.length > 0) {
    return words.length === 0
      ? undefined
      : refuseArguments(usage, `not understood: ${words.join(' ')}`)
  }
  const how = SECURE.find((each) => each === (word ?? 'scram'))
  return (
    how ??
    refuseArguments(usage, `--secure is alone or followed by ${SECURE.join(' or ')}, got ${word}`)
  )
}
