/** What is committed beside an offset, as its metadata: what nobody could tell from the offset alone. */
export interface CommitNote {
  /**
   * Records below it were gone before the group had read them: before its first commit, or somebody had decided to go on.
   * @default none
   */
  readonly lostBefore?: number
  /**
   * Where the log ended when it was found to end below the offset. It grows beyond it again, and what it was given in between
   * lies below the offset: nothing is read until somebody decides.
   * @default it was not
   */
  readonly cutAt?: number
}

const NUMBER = /^(?:0|[1-9]\d{0,15})$/

/** `null`: there is nothing to be said. */
export function writeNote({ lostBefore = 0, cutAt }: CommitNote): string | null {
  const fields = [
    ...(lostBefore === 0 ? [] : [`lost_before=${lostBefore}`]),
    ...(cutAt === undefined ? [] : [`cut_at=${cutAt}`]),
  ]
  return fields.length === 0 ? null : fields.join(' ')
}

/** What `writeNote` wrote, and of what a later release writes what is known here; others may write something else, which says nothing. */
export function readNote(metadata: string | null): CommitNote {
  const fields = new Map<string, string>()
  for (const field of (metadata ?? '').split(' ')) {
    const [, name, value] = /^([a-z_]+)=(.+)$/.exec(field) ?? []
    if (name === undefined || value === undefined) return {}
    fields.set(name, value)
  }
  const [lostBefore, cutAt] = [numberIn(fields.get('lost_before')), numberIn(fields.get('cut_at'))]
  return {
    ...(lostBefore === undefined || lostBefore === 0 ? {} : { lostBefore }),
    ...(cutAt === undefined ? {} : { cutAt }),
  }
}

function numberIn(text = ''): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined
}
