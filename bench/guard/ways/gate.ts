import type { McpGuard, RequestView, Verdict } from '@portcullis/auth'
import type { Checker, Found } from '../checker.ts'

/** `check()` of a guard. What an adapter does to make a view of its host's request is not in it. */
export function checkerOf(gate: McpGuard): Checker<RequestView> {
  return {
    prepare(credential) {
      const authorization = `Bearer ${credential}`
      return { header: (name) => (name === 'authorization' ? authorization : undefined), isRepeated: () => false }
    },
    check(view) {
      const verdict = gate.check(view)
      return verdict instanceof Promise ? verdict.then(subjectOf) : subjectOf(verdict)
    },
  }
}

function subjectOf(verdict: Verdict): Found {
  return verdict.kind === 'granted' ? verdict.principal.subject : undefined
}
