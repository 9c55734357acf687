/** What a program of ours inherits from a test: where other programs are, and what was compiled before. */
export function fromOurs(): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  return { PATH, NODE_COMPILE_CACHE }
}
