/** For names of tables and columns where parameters are not allowed. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll(/[\\`]/g, String.raw`\$&`)}\``
}
