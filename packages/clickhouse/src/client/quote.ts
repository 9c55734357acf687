/** For names of tables and columns where parameters are not allowed. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll(/[\\`]/g, String.raw`\$&`)}\``
}

/** A string of ClickHouse's SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`
}
