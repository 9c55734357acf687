/**
 * The statements of an SQL file, without comments. A semicolon inside a string, a quoted name or a
 * comment separates nothing.
 */
export function sqlStatements(text: string): readonly string[] {
  const statements: string[] = []
  let statement = ''
  for (const token of text.matchAll(TOKEN)) {
    const [piece] = token
    if (piece === ';') {
      statements.push(statement)
      statement = ''
    } else if (!piece.startsWith('--') && !piece.startsWith('/*')) {
      statement += piece
    }
  }
  return [...statements, statement].map((each) => each.trim()).filter((each) => each !== '')
}

/** Comments, strings and quoted names (with backslash and doubled quotes), else one character. */
const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\[\s\S]|''|[^'\\])*'|"(?:\\[\s\S]|[^"\\])*"|`(?:\\[\s\S]|[^`\\])*`|[\s\S]/g

/**
 * Puts values in place of `${NAME}`.
 * @throws {Error} naming a variable that has no value.
 */
export function substitute(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{([A-Z_]+)\}/g, (_, name: string) => {
    const value = variables[name]
    if (value === undefined) throw new Error(`\${${name}} has no value`)
    return value
  })
}
