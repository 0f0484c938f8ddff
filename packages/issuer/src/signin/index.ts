/** The page that asks who a person is, and what becomes of its form. */
export { formTargetOf, type SignInNeeds, signInPage, takeSignIn } from './signin.ts'
