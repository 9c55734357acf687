import type { ImportGraph } from './import-graph.ts'

/** Files that import one another round and round, each circle once, with its first file again at its end. */
export function circlesOf(graph: ImportGraph): readonly (readonly string[])[] {
  const left = new Map(
    [...graph].map(([from, imports]) => {
      return [from, new Set(imports.map(({ to }) => to).filter((to) => graph.has(to)))]
    }),
  )
  const circles: string[][] = []
  for (;;) {
    peel(left)
    const [start] = left.keys()
    if (start === undefined) return circles
    const circle = walkRound(left, start)
    circles.push(circle)
    for (const path of circle) left.delete(path)
  }
}

/** Takes away what imports nothing that is left, until everything left imports something that is. */
function peel(left: Map<string, Set<string>>): void {
  for (let wasPeeled = true; wasPeeled;) {
    wasPeeled = false
    for (const [path, targets] of left) {
      for (const to of targets) if (!left.has(to)) targets.delete(to)
      if (targets.size > 0) continue
      left.delete(path)
      wasPeeled = true
    }
  }
}

/** Follows the first import of each file until it comes to one where it has been. */
function walkRound(left: ReadonlyMap<string, ReadonlySet<string>>, start: string): string[] {
  const way: string[] = []
  for (let path = start; ; [path = start] = left.get(path) ?? []) {
    const at = way.indexOf(path)
    if (at !== -1) return [...way.slice(at), path]
    way.push(path)
  }
}
