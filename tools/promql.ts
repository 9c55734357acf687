/** What an expression of PromQL asks for: enough to hold it against the tables of metrics. */
export interface Asked {
  /** Names of series, histograms without `_bucket`, `_sum`, `_count`. */
  readonly metrics: ReadonlySet<string>
  /** Labels that series are chosen or grouped by. */
  readonly labels: ReadonlySet<string>
  /** Labels that the result has: those of `by (…)`; empty when nothing is grouped. */
  readonly groupedBy: ReadonlySet<string>
}

const SERIES = /\b(?:custom_events|nodejs|process)_\w+|\b(?:up|ALERTS)\b/g

export function askedBy(expression: string): Asked {
  const metrics = expression.match(SERIES) ?? []
  const matchers = [...expression.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside = '']) =>
    [...inside.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label),
  )
  return {
    metrics: new Set(metrics.map((name) => name.replace(/_(bucket|sum|count)$/, ''))),
    labels: new Set([...matchers, ...listsAfter(expression, 'by|on')]),
    groupedBy: new Set(listsAfter(expression, 'by')),
  }
}

function listsAfter(expression: string, words: string): readonly string[] {
  const lists = expression.matchAll(new RegExp(`\\b(?:${words})\\s*\\(([^)]*)\\)`, 'g'))
  return [...lists].flatMap(([, inside = '']) =>
    inside
      .split(',')
      .map((label) => label.trim())
      .filter((label) => label !== ''),
  )
}
