/** Members of what the engine keeps of an answer, which it knows nothing of. */
const ANSWERED_BY = 'portcullis_answered_by'
const STANDING = 'portcullis_standing'

type Kept = Readonly<Record<string, unknown>> | undefined

/**
 * What is noted beside an answer.
 * @param answeredBy The mark of the browser that gave it.
 * @param standing Of who has signed in with it: their word for being who they are, which ends with their password.
 */
export function notesOf(answeredBy: string, standing: string | undefined): Record<string, string> {
  return { [ANSWERED_BY]: answeredBy, ...(standing === undefined ? {} : { [STANDING]: standing }) }
}

export function answeredByOf(result: Kept): string | undefined {
  return textOf(result?.[ANSWERED_BY])
}

export function standingAtSignIn(result: Kept): string | undefined {
  return textOf(result?.[STANDING])
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
