/** Offsets into a text, in UTF-16 units: from the value's first character to behind its last. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Replaces spans of a text, which must not overlap. */
export function splice(text: string, changes: readonly { readonly span: Span; readonly by: string }[]): string {
  let result = ''
  let from = 0
  for (const { span, by } of [...changes].sort((a, b) => a.span.start - b.span.start)) {
    result += text.slice(from, span.start) + by
    from = span.end
  }
  return result + text.slice(from)
}
