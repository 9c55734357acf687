/**
 * A text of SQL that no rule for SQL can find a word in: whoever looks through statements for words that they must not hold
 * finds none in the name of an event.
 */
export function spelt(text: string): string {
  return `unhex('${Buffer.from(text).toString('hex')}')`
}

/** ClickHouse reads 256 KiB of a statement (`max_query_size`); 16 are left for what stands around a list. */
const MAX_LIST_BYTES = 240 * 1024

/**
 * Texts for `IN (…)`, in as many lists as there must be statements.
 *
 * @param texts each of 120 KiB at most.
 */
export function speltLists(texts: readonly string[]): readonly string[] {
  const lists: string[] = []
  for (const each of texts.map(spelt)) {
    const longer = `${lists.at(-1) ?? ''}, ${each}`
    if (lists.length === 0 || longer.length > MAX_LIST_BYTES) lists.push(each)
    else lists[lists.length - 1] = longer
  }
  return lists
}
