// What a module keeps and changes by itself is shared by everybody in the process, and nobody has given it to them.

/** Files whose module may keep something, and why. */
const ALLOWED: Readonly<Record<string, string>> = {
  'embedded/src/process/free-port.ts': 'a port that was handed out is taken for the whole process',
  'packages/codec/src/avro/record-buffer.ts': 'docs/decisions/0036: what it is worth',
  'packages/event/src/fast-path/ranges.ts': 'docs/decisions/0036: what it is worth',
  'packages/kafka/src/topics/metadata-request.ts': 'sixteen zeros that nobody writes to',
}

const PRODUCT = /^(packages|services|cli|embedded)\/.*\.ts$/
const FOR_TESTS = /\.(test|fixture)\.ts$|\/testing\//
const NAMED = /^(?:export )?const (\w+)/gm
/** Memory is there to be written to. */
const MEMORY =
  /^(?:export )?const (\w+)\b.*= (?:new \w+Array\(|Buffer\.alloc(?:Unsafe)?(?:Slow)?\((?!0\)))/gm
const VARIABLE = /^(?:export )?(?:let|var) (\w+)/gm

/** @returns a line for each piece of state that a module of the product keeps. */
export function moduleStateProblems(path: string, text: string): readonly string[] {
  if (!PRODUCT.test(path) || FOR_TESTS.test(path) || path in ALLOWED) return []
  const changed = names(text, NAMED).filter((name) => changeOf(name).test(text))
  return [...new Set([...names(text, VARIABLE), ...names(text, MEMORY), ...changed])].map(
    (name) => `${path}: ${name} is state of the module: make it where the program starts`,
  )
}

function names(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, name = '']) => name)
}

/** In a function: what is done once while the module is read is no more than a long way to write a constant. */
function changeOf(name: string): RegExp {
  const part = String.raw`(?:\.\w+|\[[^\]]*\])`
  const assigned = String.raw`${name}${part}+ (?:[-+*|&]|\?\?|\|\|)?= `
  const called = String.raw`${name}${part}*\.(?:push|pop|shift|unshift|splice|set|add|delete|clear|fill|sort|reverse)\(`
  return new RegExp(String.raw`^ .*\b(?:${assigned}|${called}|Object\.assign\(${name},)`, 'm')
}
