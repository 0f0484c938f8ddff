import { tame } from '../text/index.ts'

/** Something that the operator has to mend, and where. */
export interface Problem {
  /** Counted from 1; 0 when the file could not be read at all. */
  readonly line: number
  readonly column: number
  /** The keys that lead to the place, as in `servers.github.access[0]`; empty for the file as a whole. */
  readonly path: string
  /**
   * A phrase that follows the path. Speaks of keys, never of values: a value may have come from the environment,
   * and a secret that was put in the wrong place must not be printed a second time.
   */
  readonly message: string
}

export type Path = readonly (string | number)[]

export function formatPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}

/** One line, in the form that editors and terminals turn into a link. What would steer a terminal is spelled out. */
export function formatProblem(file: string, problem: Problem): string {
  const place = problem.line === 0 ? file : `${file}:${problem.line}:${problem.column}`
  const text = `${place}: ${problem.path === '' ? '' : `${problem.path}: `}${problem.message}`
  return tame(text)
}

/** In the order of the file, each only once. */
export function inFileOrder(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>()
  return problems
    .filter((problem) => {
      const identity = JSON.stringify([problem.line, problem.column, problem.path, problem.message])
      return !seen.has(identity) && seen.add(identity)
    })
    .sort((a, b) => a.line - b.line || a.column - b.column)
}
